import type { Clock } from "#lib/clock.ts";
import { DiskError, diskErrorCode } from "./disk-error.ts";
import { HealthCounters, type CallKind, type DiskHealth } from "./disk-health.ts";

export interface CallLimits {
  /** Calls that may be with the kernel at once; each takes a thread of the pool. */
  readonly inFlightMax: number;
  /** Calls that may wait for that; one more fails at once with EBUSY. */
  readonly waitingMax: number;
  /** Waiting and running together, milliseconds; after it a call has failed with ETIMEDOUT. */
  readonly deadlineMs: number;
}

export const defaultCallLimits: CallLimits = { inFlightMax: 8, waitingMax: 512, deadlineMs: 5000 };

interface Call {
  readonly kind: CallKind;
  readonly since: number;
  start(): void;
  giveUp(): void;
}

/**
 * The calls to one drive. A call that is given up may still be running: its slot stays taken until it returns, so that a drive that stalls
 * holds `inFlightMax` threads and no more.
 */
export class CallLine {
  readonly #clock: Clock;
  readonly #limits: CallLimits;
  readonly #counters = new HealthCounters();
  /** In the order of their beginning: all have the same time, so the first is due first. */
  readonly #unanswered = new Set<Call>();
  readonly #waiting = new Set<Call>();
  /** When each call with the kernel began, also those that were given up. */
  readonly #running = new Map<Call, number>();
  #timer: Disposable | undefined;

  constructor(clock: Clock, limits: CallLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** `late` gets the result of a call that was given up before it returned. */
  call<T>(kind: CallKind, run: () => Promise<T>, late?: (result: T) => void): Promise<T> {
    if (this.#waiting.size >= this.#limits.waitingMax) {
      this.#counters.refused();
      return Promise.reject(new DiskError("EBUSY", "too many calls wait for this drive"));
    }
    return new Promise((resolve, reject) => {
      const call: Call = {
        kind,
        since: this.#clock.monotonic(),
        // Its promise never fails: both outcomes go to the caller's.
        start: () =>
          void settleRun(run, (wentWell) => this.#answered(call, wentWell), {
            resolve,
            reject,
            late,
            failed: (code) => this.#counters.failed(code),
          }),
        giveUp: () => reject(new DiskError("ETIMEDOUT", `the drive did not answer a ${kind} call in time`)),
      };
      this.#unanswered.add(call);
      this.#arm();
      if (this.#running.size < this.#limits.inFlightMax) this.#start(call);
      else this.#waiting.add(call);
    });
  }

  health(): DiskHealth {
    let oldest = this.#clock.monotonic();
    const now = oldest;
    for (const call of this.#running.keys()) oldest = Math.min(oldest, call.since);
    return this.#counters.view({
      inFlight: this.#running.size,
      waiting: this.#waiting.size,
      oldestMs: now - oldest,
    });
  }

  #start(call: Call): void {
    this.#running.set(call, this.#clock.monotonic());
    call.start();
  }

  /** Frees the slot for the next in line; whether somebody still waits for the answer. */
  #answered(call: Call, wentWell: boolean): boolean {
    const began = this.#running.get(call) ?? call.since;
    this.#running.delete(call);
    const isAwaited = this.#unanswered.delete(call);
    if (wentWell && isAwaited) this.#counters.returned(call.kind, this.#clock.monotonic() - began);
    const next = this.#waiting.values().next();
    if (!next.done && this.#running.size < this.#limits.inFlightMax) {
      this.#waiting.delete(next.value);
      this.#start(next.value);
    }
    return isAwaited;
  }

  /** One timer for the oldest call serves all. */
  #arm(): void {
    if (this.#timer !== undefined) return;
    const first = this.#unanswered.values().next();
    if (first.done) return;
    const dueIn = first.value.since + this.#limits.deadlineMs - this.#clock.monotonic();
    this.#timer = this.#clock.after(Math.max(1, dueIn), () => {
      this.#timer = undefined;
      this.#giveUpDue();
      this.#arm();
    });
  }

  #giveUpDue(): void {
    const dueSince = this.#clock.monotonic() - this.#limits.deadlineMs;
    for (const call of this.#unanswered) {
      if (call.since > dueSince) return;
      this.#unanswered.delete(call);
      this.#waiting.delete(call);
      this.#counters.gaveUp();
      call.giveUp();
    }
  }
}

async function settleRun<T>(
  run: () => Promise<T>,
  isAwaited: (wentWell: boolean) => boolean,
  to: {
    readonly resolve: (result: T) => void;
    readonly reject: (error: unknown) => void;
    readonly late: ((result: T) => void) | undefined;
    readonly failed: (code: string) => void;
  },
): Promise<void> {
  try {
    const result = await run();
    if (isAwaited(true)) to.resolve(result);
    else to.late?.(result);
  } catch (error) {
    to.failed(diskErrorCode(error));
    if (isAwaited(false)) to.reject(error);
  }
}
