import { VdcError } from "#api/errors.ts";
import type { Operation } from "#api/records.ts";
import { backoffMs } from "#lib/backoff.ts";
import { background } from "#lib/background.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { Fence, OperationStore } from "#store/store.ts";
import { withEnding, withLine, withPercent, withStep, type Ending, type OperationRecord } from "./record.ts";

/** Between two writes of one operation's progress; what happens in between goes with the next. */
export const writeGapMs = 500;
const finalRetry = { baseMs: 200, maxMs: 10_000 };

export interface RunningOptions {
  readonly store: OperationStore;
  readonly fence: Fence;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * The record of one operation while this process runs it. Progress is written at most twice a second, the end at
 * once and until it is written. Every write carries the fence of the process's lease as it was at the start: once
 * another has declared the operation interrupted, nothing more of it is written.
 */
export class RunningOperation {
  readonly #deps: RunningOptions;
  readonly abort = new AbortController();
  #record: OperationRecord;
  #written: Operation | undefined;
  #writing: Promise<void> | undefined;
  #timer: Disposable | undefined;
  #lastBeganMs = Number.NEGATIVE_INFINITY;
  #dirty = false;
  #ended = false;

  constructor(record: OperationRecord, deps: RunningOptions) {
    this.#record = record;
    this.#deps = deps;
  }

  /** As it stands here; the revision is that of the last write. */
  get operation(): Operation {
    return { ...this.#record, revision: this.#written?.revision ?? 0 };
  }

  /** The first write: the operation exists for others once this resolves. */
  async create(): Promise<Operation> {
    this.#lastBeganMs = this.#deps.clock.monotonic();
    this.#written = await this.#deps.store.put(this.#record, this.#deps.fence);
    return this.#written;
  }

  step(name: string): void {
    this.#change(withStep(this.#record, name, this.#at()));
  }

  percent(percent: number): void {
    this.#change(withPercent(this.#record, percent, this.#at()));
  }

  line(message: string): void {
    this.#change(withLine(this.#record, message, this.#at()));
  }

  /** Asks the work to stop; what becomes of it is decided by its end. */
  cancel(reason: VdcError): void {
    if (this.#record.state === "running")
      this.#change({ ...this.#record, state: "cancelling", updatedAt: this.#at() });
    this.abort.abort(reason);
  }

  /** Writes the end, again and again until the store took it, or refuses it because this process was replaced. */
  async end(ending: Ending, giveUp: AbortSignal): Promise<void> {
    const { store, fence, clock, random, log } = this.#deps;
    this.#ended = true;
    this.#timer?.[Symbol.dispose]();
    await this.#writing;
    this.#record = withEnding(this.#record, ending, this.#at());
    for (let attempt = 0; !giveUp.aborted; attempt += 1) {
      try {
        this.#written = await store.put(this.#record, fence);
        return;
      } catch (error) {
        log.warn("operation.end.unwritten", { operation: this.#record.id, attempt, error });
        if (error instanceof VdcError && error.code === "fenced") return;
      }
      await clock.sleep(backoffMs(attempt, finalRetry, random), giveUp).catch(() => undefined); // given up: the loop ends
    }
  }

  #at(): string {
    return isoTime(this.#deps.clock.now());
  }

  #change(record: OperationRecord): void {
    if (this.#ended || record === this.#record) return; // work that talks after its end is not heard
    this.#record = record;
    this.#dirty = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#writing !== undefined || this.#timer !== undefined || this.#ended) return;
    const waitMs = this.#lastBeganMs + writeGapMs - this.#deps.clock.monotonic();
    this.#timer = this.#deps.clock.after(Math.max(0, waitMs), () => {
      this.#timer = undefined;
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined;
        if (this.#dirty) this.#schedule();
      });
      background(this.#writing, "operation.write", this.#deps.log);
    });
  }

  async #write(): Promise<void> {
    const { store, fence, clock, log } = this.#deps;
    this.#dirty = false;
    this.#lastBeganMs = clock.monotonic();
    try {
      this.#written = await store.put(this.#record, fence);
    } catch (error) {
      // Lost progress is no harm: the next write holds everything. But who was replaced has to stop.
      log.warn("operation.progress.unwritten", { operation: this.#record.id, error });
      if (error instanceof VdcError && error.code === "fenced") this.abort.abort(error);
      else this.#dirty = true;
    }
  }
}
