import type { Clock } from "#lib/clock.ts";

/** Keys that may have a timer at once; more wait for the reconciler's own timer. */
const maxTimers = 10_000;

/** Wakes keys after a while, because only time changes something for them. Each key has one timer: the newest. */
export class WakeTimers {
  readonly #timers = new Map<string, Disposable>();
  readonly #clock: Clock;
  readonly #wake: (key: string) => void;

  constructor(clock: Clock, wake: (key: string) => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  set(key: string, ms: number): void {
    this.#timers.get(key)?.[Symbol.dispose]();
    if (this.#timers.size >= maxTimers && !this.#timers.has(key)) return;
    this.#timers.set(
      key,
      this.#clock.after(ms, () => {
        this.#timers.delete(key);
        this.#wake(key);
      }),
    );
  }

  clear(): void {
    for (const timer of this.#timers.values()) timer[Symbol.dispose]();
    this.#timers.clear();
  }
}
