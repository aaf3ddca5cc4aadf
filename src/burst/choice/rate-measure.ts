import type { Clock } from "#lib/clock.ts";

/** What short transfers say is how long a request takes, not how much the line carries. */
const leastBytes = 64 * 1024;
/** A line that never rests is looked at this often. */
const windowMs = 5_000;
/** Part of a mean that the newest look is: a line changes with the place, and a single look may be unlucky. */
const newest = 0.5;

/**
 * How much one direction of a line carries, as the transfers of this program show it. Transfers that go on at once share the line, so what counts are the bytes of all of them in the
 * time in which any was under way.
 */
export class RateMeasure {
  readonly #clock: Pick<Clock, "monotonic">;
  #underWay = 0;
  #sinceMs = 0;
  #bytes = 0;
  #rate: number | undefined;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** Bytes a second; undefined before anything was seen. */
  get rate(): number | undefined {
    return this.#rate;
  }

  /** Does a transfer, and counts what `bytesOf` says of it; one that fails counts as nothing. */
  async during<T>(transfer: () => Promise<T>, bytesOf: (done: T) => number): Promise<T> {
    if (this.#underWay === 0) this.#begin();
    this.#underWay += 1;
    try {
      const done = await transfer();
      this.#bytes += bytesOf(done);
      return done;
    } finally {
      this.#underWay -= 1;
      this.#look();
    }
  }

  #begin(): void {
    this.#sinceMs = this.#clock.monotonic();
    this.#bytes = 0;
  }

  #look(): void {
    const ms = this.#clock.monotonic() - this.#sinceMs;
    if (this.#underWay > 0 && ms < windowMs) return;
    if (this.#bytes >= leastBytes) {
      const rate = (this.#bytes * 1000) / Math.max(1, ms);
      this.#rate = this.#rate === undefined ? rate : this.#rate * (1 - newest) + rate * newest;
    }
    this.#begin();
  }
}
