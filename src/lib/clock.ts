import { performance } from "node:perf_hooks";
import { setTimeout as sleepTimer } from "node:timers/promises";

/**
 * The only door to time. Wall time is for people and records, monotonic time for durations and deadlines;
 * the simulator replaces both.
 */
export interface Clock {
  /** Wall time, milliseconds since the Unix epoch. May jump. */
  now(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `run` once after `ms`; dispose the handle to cancel. Does not keep the process alive. */
  after(ms: number, run: () => void): Disposable;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await sleepTimer(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted(); // the timer's own error only wraps the reason
      throw error;
    }
  },
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    timer.unref();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/** ISO 8601 in UTC with milliseconds, the only time format that leaves the process. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
