import type { Clock } from "#lib/clock.ts";

/** The clock of one life of a machine: when that is over, nothing that waits for a time is ever called. */
export class LifeClock implements Clock {
  readonly #under: Clock;
  readonly #timers = new Set<Disposable>();
  #isOver = false;

  constructor(under: Clock) {
    this.#under = under;
  }

  now(): number {
    return this.#under.now();
  }

  monotonic(): number {
    return this.#under.monotonic();
  }

  after(ms: number, run: () => void): Disposable {
    if (this.#isOver) return { [Symbol.dispose]: () => undefined };
    const timer = this.#under.after(ms, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
    const dispose = () => {
      this.#timers.delete(timer);
      timer[Symbol.dispose]();
    };
    return { [Symbol.dispose]: dispose };
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = () => reject(signal?.reason as Error); // rejects with the signal's reason, whatever it is
    signal?.addEventListener("abort", onAbort, { once: true });
    using _timer = this.after(ms, resolve);
    try {
      await promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  end(): void {
    this.#isOver = true;
    for (const timer of this.#timers) timer[Symbol.dispose]();
    this.#timers.clear();
  }
}
