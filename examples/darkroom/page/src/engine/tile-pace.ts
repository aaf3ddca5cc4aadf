interface DoneTile {
  readonly fn: string;
  /** Milliseconds of the reference core. */
  readonly cost: number;
  readonly elapsedMs: number;
}

/** Shorter ones say more of timers than of tiles. */
const leastMs = 2;
/** What was measured last counts as long as this: tiles may take longer than a look lasts. */
const keptMs = 10_000;

/** How fast tiles get done, as a part of the best that was seen here of their own kind: what a graph states of its costs is an estimate. */
export class TilePace {
  readonly #best = new Map<string, number>();
  #weight = 0;
  #sum = 0;
  #last = { atMs: -Infinity, part: 0 };

  done({ fn, cost, elapsedMs }: DoneTile): void {
    if (cost === 0 || elapsedMs < leastMs) return;
    const pace = cost / elapsedMs;
    const best = Math.max(pace, this.#best.get(fn) ?? 0);
    this.#best.set(fn, best);
    this.#weight += elapsedMs;
    this.#sum += elapsedMs * (pace / best);
  }

  /** Since the look before; `best` is 0 when nothing was done for long. */
  look(atMs: number): { readonly now: number; readonly best: number } {
    if (this.#weight > 0) this.#last = { atMs, part: this.#sum / this.#weight };
    this.#weight = 0;
    this.#sum = 0;
    return atMs - this.#last.atMs > keptMs ? { now: 0, best: 0 } : { now: this.#last.part, best: 1 };
  }
}
