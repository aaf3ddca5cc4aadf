import type { Index, PlacedMutation } from "#objects/catalog/index-contract.ts";
import { memoryIndex } from "#sim/memory-index.ts";
import type { SeededRandom } from "#sim/random.ts";

/** An index that remembers how it was made, so that a crash can leave it as it was some time before. */
export class KeptIndex {
  readonly index: Index;
  #applied: (readonly [sequence: number, mutations: readonly PlacedMutation[]])[] = [];

  constructor() {
    const under = memoryIndex();
    this.index = {
      get applied() {
        return under.applied;
      },
      get: (key) => under.get(key),
      scan: (from, to, direction) => under.scan(from, to, direction),
      heads: (from, to, skip, limit) => under.heads(from, to, skip, limit),
      apply: (sequence, mutations) => {
        under.apply(sequence, mutations);
        this.#applied.push([sequence, mutations]);
      },
      rowsInSegment: (segment, limit) => under.rowsInSegment(segment, limit),
      clear: () => {
        under.clear();
        this.#applied = [];
      },
      close: () => under.close(),
    };
  }

  /** What the next life finds of it: nothing, all, or an older state. */
  survivor(random: SeededRandom): KeptIndex {
    const fate = random.below(3);
    if (fate === 0) return this;
    const kept = new KeptIndex();
    if (fate === 1) return kept;
    const applied = this.#applied.slice(0, random.below(this.#applied.length + 1));
    for (const [sequence, mutations] of applied) kept.index.apply(sequence, mutations);
    return kept;
  }
}
