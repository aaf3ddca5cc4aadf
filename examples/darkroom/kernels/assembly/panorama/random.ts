// Random numbers that follow from a seed alone (xorshift32; Marsaglia, "Xorshift RNGs", 2003).
let state: u32 = 1;

export function seedRandom(seed: u32): void {
  state = seed == 0 ? 0x9e3779b9 : seed;
}

/** A whole number from 0 to below `bound`. */
export function randomBelow(bound: i32): i32 {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return <i32>((<u64>state * <u64>bound) >> 32);
}
