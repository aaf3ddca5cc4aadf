import type { Random } from "#lib/random.ts";

/**
 * Chance for choices that are made for every request: xorshift32 (Marsaglia 2003), seeded from real randomness. Drawing from the
 * system's source costs more than the rest of a choice. Never for anything that must not be guessed.
 */
export function quickRandom(seed: Random): Random {
  const first = seed.bytes(4);
  let state = new DataView(first.buffer, first.byteOffset, 4).getInt32(0) || 0x9e3779b9 | 0;
  return {
    bytes: (count) => seed.bytes(count),
    fraction() {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) / 2 ** 32;
    },
  };
}
