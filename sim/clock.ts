import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "#lib/clock.ts";

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that stands still until it is told to move; timers run in the order of their times. */
export class ManualClock implements Clock {
  #monotonic = 0;
  #offset: number;
  readonly #timers = new Set<Timer>();

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#offset = start;
  }

  /** Whole milliseconds, as every real clock of wall time answers; timers may be due in between. */
  now(): number {
    return Math.floor(this.#offset + this.#monotonic);
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(ms: number, run: () => void): Disposable {
    const timer = { at: this.#monotonic + ms, run };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = this.after(ms, resolve);
    const onAbort = () => reject(signal?.reason as Error); // rejects with the signal's reason, whatever it is
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await promise;
    } finally {
      timer[Symbol.dispose]();
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Moves wall time alone, as an operator or a bad time server does. */
  jumpWall(ms: number): void {
    this.#offset += ms;
  }

  /** Moves time on, runs what is due on the way, and lets all work that this began come to rest before and after. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    for (;;) {
      await settle();
      const next = this.#next(end);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#monotonic = Math.max(this.#monotonic, next.at);
      next.run();
    }
    this.#monotonic = end;
    await settle();
  }

  /** Moves time without running anything: a process that was paused. What was due runs at the next `advance`. */
  pauseFor(ms: number): void {
    this.#monotonic += ms;
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers)
      if (timer.at <= end && (first === undefined || timer.at < first.at)) first = timer;
    return first;
  }
}

/** Every turn of the event loop drains all promises; a few turns are enough for work that waits on no input or output. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await nextTurn();
}
