import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import type { Journal } from "#objects/journal/journal-contract.ts";
import { S3Error } from "#objects/s3-error.ts";
import { CallAnswers } from "./call-answers.ts";
import { Draft, Overlay } from "./draft.ts";
import type { Index, PlacedMutation } from "./index-contract.ts";
import { textKey } from "./keys.ts";
import { Outbox, type ObjectEvent } from "./outbox.ts";
import type { Planning } from "./planning.ts";
import type { Settings, SettingsChange } from "./settings.ts";
import { Sequences } from "./sequences.ts";
import { UsageCounters } from "./usage-counters.ts";

/** Commands that are planned and not yet durable. Fronts have at most callsInFlightMax each. */
const pendingBatchesMax = 32_768;

interface Batch {
  readonly number: number;
  readonly draft: Draft;
  readonly settings: SettingsChange;
  readonly done: PromiseWithResolvers<void>;
  appended?: { readonly sequence: number; readonly mutations: readonly PlacedMutation[] };
}

export interface ExecutorParts {
  readonly index: Index;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: Settings;
  /** Events for which the outbox had no room. */
  readonly onDroppedEvents?: (events: number) => void;
  /** Called once, when an append failed: what was planned on top of it is refused, and the catalog must be opened again. */
  readonly onBroken: (cause: unknown) => void;
}

/**
 * Runs commands. Each is planned at once, on top of all that were planned before it, and appended without waiting for them: hundreds can share a sync. The index has a
 * batch when it is durable; only then its command is answered, so clients never read what could still be lost.
 */
export class Executor {
  readonly #parts: ExecutorParts;
  readonly #overlay: Overlay;
  readonly #sequences: Sequences;
  readonly #usage: UsageCounters;
  readonly #answers: CallAnswers;
  readonly outbox: Outbox;
  /** In the order of planning, which is the journal's. */
  readonly #pending: Batch[] = [];
  #batches = 0;
  #flushing = false;
  #broken: { readonly cause: unknown } | undefined;

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
    this.#overlay = new Overlay(parts.index);
    this.#sequences = new Sequences(parts.index);
    this.#usage = new UsageCounters(parts.index);
    this.#answers = new CallAnswers(parts.index);
    this.outbox = new Outbox(parts.index, parts.onDroppedEvents ?? (() => undefined));
  }

  /** Plans, makes durable, answers. With a `callId` that was seen before: the answer it had, or will have. */
  async run<A>(callId: string | undefined, planner: (plan: Planning) => A): Promise<A> {
    if (callId === undefined) return await this.#execute(undefined, planner);
    const earlier = this.#answers.find(callId);
    // A call id belongs to one call of one kind: fronts make it at random.
    if (earlier !== undefined) return (await earlier) as A;
    return await this.#answers.track(callId, this.#execute(callId, planner));
  }

  async #execute<A>(callId: string | undefined, planner: (plan: Planning) => A): Promise<A> {
    if (this.#broken !== undefined) throw refused(this.#broken.cause);
    if (this.#pending.length >= pendingBatchesMax) throw new S3Error("SlowDown");
    const draft = new Draft(this.#overlay);
    const settings = this.#parts.settings.draft();
    const usage = this.#usage.draft();
    const events: ObjectEvent[] = [];
    const answer = planner({
      rows: draft,
      now: this.#parts.clock.now(),
      random: this.#parts.random,
      nextSequence: () => this.#sequences.next(),
      bucket: (name) => settings.bucket(name),
      findBucket: (name) => settings.findBucket(name),
      buckets: () => settings.buckets(),
      setBucket: (name, bucket) => settings.setBucket(name, bucket),
      setKey: (accessKeyId, key) => settings.setKey(accessKeyId, key),
      notify: (event) => void events.push(event),
      count: (bucketId, delta) => usage.count(bucketId, delta),
    });
    // Nothing changed: nothing to wait for. The answer was made from what may not be durable yet, so it waits for that.
    if (draft.size === 0) await this.#pending.at(-1)?.done.promise;
    else {
      usage.writeTo(draft, (bucketId) => draft.get(textKey("bucketName", bucketId)) !== undefined);
      this.outbox.write(draft, events, {
        now: this.#parts.clock.now(),
        id: () => Buffer.from(this.#parts.random.bytes(16)).toString("hex"),
        sequence: () => this.#sequences.next(),
      });
      if (callId !== undefined) this.#answers.writeTo(draft, this.#sequences.next(), callId, answer);
      this.#sequences.writeTo(draft);
      await this.#append(draft, settings.change());
      await this.#parts.settings.published(settings.change());
    }
    return answer;
  }

  async #append(draft: Draft, settings: SettingsChange): Promise<void> {
    this.#batches += 1;
    const batch: Batch = { number: this.#batches, draft, settings, done: Promise.withResolvers() };
    this.#overlay.add(draft, batch.number);
    this.#parts.settings.plan(settings);
    this.#pending.push(batch);
    try {
      batch.appended = await this.#parts.journal.append(draft.mutations());
    } catch (error) {
      this.#break(error);
    }
    this.#flushSoon();
    await batch.done.promise;
  }

  /** Batches of one frame become durable in one turn of the event loop: they are applied together. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    let count = 0;
    while (this.#pending[count]?.appended !== undefined) count += 1;
    const batches = this.#pending.slice(0, count);
    const last = batches.at(-1)?.appended;
    if (last === undefined || this.#broken !== undefined) return;
    try {
      // More batches of the last frame may follow, so it does not count as applied: applying a frame twice is harmless.
      this.#parts.index.apply(
        Math.max(last.sequence - 1, this.#parts.index.applied),
        batches.flatMap((batch) => batch.appended?.mutations ?? []),
      );
    } catch (error) {
      this.#break(error);
      return;
    }
    this.#pending.splice(0, count);
    for (const batch of batches) {
      this.#overlay.settle(batch.draft, batch.number);
      this.#parts.settings.apply(batch.settings);
      batch.done.resolve();
    }
  }

  #break(cause: unknown): void {
    if (this.#broken !== undefined) return;
    this.#broken = { cause };
    for (const batch of this.#pending.splice(0)) {
      batch.done.promise.catch(() => undefined); // whoever waits has its own handler
      batch.done.reject(refused(cause));
    }
    this.#parts.onBroken(cause);
  }
}

function refused(cause: unknown): S3Error {
  return new S3Error("SlowDown", undefined, { cause });
}
