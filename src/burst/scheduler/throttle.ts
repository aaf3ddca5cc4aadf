import type { Clock } from "#lib/clock.ts";

/** A token bucket that makes the one who takes too fast wait. */
export class Throttle {
  readonly #rate: { readonly perSecond: number; readonly atOnce: number };
  readonly #clock: Pick<Clock, "monotonic">;
  #left: number;
  #atMs: number;

  constructor(
    rate: { readonly perSecond: number; readonly atOnce: number },
    clock: Pick<Clock, "monotonic">,
  ) {
    this.#rate = rate;
    this.#clock = clock;
    this.#left = rate.atOnce;
    this.#atMs = clock.monotonic();
  }

  /** Takes so many, and gives the milliseconds to wait before it goes on; 0 mostly. */
  take(count: number): number {
    const { perSecond, atOnce } = this.#rate;
    const now = this.#clock.monotonic();
    this.#left = Math.min(atOnce, this.#left + ((now - this.#atMs) / 1_000) * perSecond) - count;
    this.#atMs = now;
    return Math.max(0, (-this.#left / perSecond) * 1_000);
  }
}
