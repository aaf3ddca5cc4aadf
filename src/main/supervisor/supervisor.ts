import { join } from "node:path";
import { assert } from "#lib/assert.ts";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import {
  PartFailure,
  type Part,
  type PartEvent,
  type PartReport,
  type PartStatus,
  type Step,
} from "#main/supervisor/part.ts";
import { rotateLog } from "#main/supervisor/part-log.ts";
import { PartRunner } from "#main/supervisor/part-runner.ts";

const firstReadyWithinMs = 60_000;
const rotateEveryMs = 10_000;
/** Where a detached supervisor's own faults go. */
const ownLog = "supervisor";

/** Starts parts in the order of their needs, keeps them running, stops them in reverse. Knows nothing of what they do. */
export class Supervisor implements AsyncDisposable {
  readonly #parts: readonly Part[];
  readonly #runners = new Map<string, PartRunner>();
  readonly #options: {
    readonly clock: Clock;
    readonly random: Random;
    readonly logDirectory: string;
    readonly onEvent: (event: PartEvent) => void;
  };
  readonly #stopping = new AbortController();
  #stopped: Promise<void> | undefined;

  constructor(
    parts: readonly Part[],
    options: {
      readonly clock: Clock;
      readonly random: Random;
      readonly logDirectory: string;
      readonly onEvent: (event: PartEvent) => void;
    },
  ) {
    this.#parts = parts;
    this.#options = options;
    const seen = new Set<string>();
    for (const part of parts) {
      assert(
        part.dependsOn.every((name) => seen.has(name)),
        `${part.name} is listed after what it depends on`,
      );
      seen.add(part.name);
      if (part.kind !== "process") continue;
      const logFile = join(options.logDirectory, `${part.name}.log`);
      this.#runners.set(part.name, new PartRunner(part, { ...options, logFile, firstReadyWithinMs }));
    }
  }

  /** Settles when all parts are ready; rejects with the first failure, with the other parts still running. */
  async start(): Promise<void> {
    const started = new Map<string, Promise<void>>();
    for (const part of this.#parts) {
      const needs = part.dependsOn.flatMap((name) => started.get(name) ?? []);
      const start = Promise.all(needs).then(async () => await this.#startOne(part));
      started.set(part.name, start);
    }
    this.#rotateNext();
    await Promise.all(started.values());
  }

  status(): readonly PartStatus[] {
    return [...this.#runners.values()].map((runner) => runner.status());
  }

  get partNames(): readonly string[] {
    return [...this.#runners.keys()];
  }

  /** Undefined when there is no such part. */
  async restart(name: string): Promise<PartReport | undefined> {
    return await this.#runners.get(name)?.restart();
  }

  /** Stops every part, those that depend on others first; safe twice and at any time. */
  async stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    await this.#stopped;
  }

  /** Cuts a running stop() short. */
  stopAtOnce(): void {
    for (const runner of this.#runners.values()) runner.stopAtOnce();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #startOne(part: Part): Promise<void> {
    if (this.#stopping.signal.aborted)
      throw new PartFailure("it was stopped while starting", { permanent: true });
    if (part.kind === "step") await this.#runStep(part);
    else await this.#runners.get(part.name)?.start();
  }

  async #runStep(step: Step): Promise<void> {
    const { clock, onEvent } = this.#options;
    const begun = clock.monotonic();
    const report = await step.run(this.#stopping.signal);
    if (report === undefined) return;
    onEvent({ type: "ready", part: step.name, elapsedMs: clock.monotonic() - begun, report, again: false });
  }

  async #stopAll(): Promise<void> {
    this.#stopping.abort();
    const stopped = new Map<string, Promise<void>>();
    for (const { name } of this.#parts.toReversed()) {
      const users = this.#parts.filter(({ dependsOn }) => dependsOn.includes(name));
      const free = Promise.all(users.flatMap((user) => stopped.get(user.name) ?? []));
      stopped.set(
        name,
        free.then(async () => await this.#runners.get(name)?.stop()),
      );
    }
    await Promise.all(stopped.values());
  }

  #rotateNext(): void {
    if (this.#stopping.signal.aborted) return;
    for (const name of [...this.#runners.keys(), ownLog])
      rotateLog(join(this.#options.logDirectory, `${name}.log`));
    this.#options.clock.after(rotateEveryMs, () => this.#rotateNext());
  }
}
