// The 8×8 discrete cosine transform and its inverse in integers: the eleven multiplications of Loeffler, Ligtenberg and
// Moschytz ("Practical fast 1-D DCT algorithms with 11 multiplications", ICASSP 1989), with constants of 13 bits. Four
// columns at a time; each pass answers transposed, so two passes give the block the right way round.

const work = memory.data(512, 16);

/** c(k)·√2 combinations, × 2¹³. */
const a0_298 = i32x4.splat(2446);
const a0_390 = i32x4.splat(-3196);
const a0_541 = i32x4.splat(4433);
const a0_765 = i32x4.splat(6270);
const a0_899 = i32x4.splat(-7373);
const a1_175 = i32x4.splat(9633);
const a1_501 = i32x4.splat(12299);
const a1_847 = i32x4.splat(-15137);
const a1_961 = i32x4.splat(-16069);
const a2_053 = i32x4.splat(16819);
const a2_562 = i32x4.splat(-20995);
const a3_072 = i32x4.splat(25172);

/** Inverse transform of the i16 `block` times the u16 `table`, to 8 rows of bytes at `to`, `stride` apart. */
export function inverseTransform(block: usize, table: usize, to: usize, stride: usize): void {
  for (let row: usize = 0; row < 128; row += 16) {
    const values = v128.load(block + row);
    const factors = v128.load(table + row);
    const low = i32x4.mul(i32x4.extend_low_i16x8_s(values), i32x4.extend_low_i16x8_u(factors));
    const high = i32x4.mul(i32x4.extend_high_i16x8_s(values), i32x4.extend_high_i16x8_u(factors));
    v128.store(work + row * 2, low);
    v128.store(work + row * 2, high, 16);
  }
  inversePass(work, work + 256, 11, 1 << 10);
  inversePass(work + 16, work + 384, 11, 1 << 10);
  // The level shift of 128 rides on the rounding of the second pass.
  inversePass(work + 256, work, 18, (1 << 17) + (128 << 18));
  inversePass(work + 272, work + 128, 18, (1 << 17) + (128 << 18));
  for (let row: usize = 0; row < 256; row += 32) {
    const words = i16x8.narrow_i32x4_s(v128.load(work + row), v128.load(work + row, 16));
    v128.store64_lane(to, i8x16.narrow_i16x8_u(words, words), 0);
    to += stride;
  }
}

/** Every sample of a block whose only coefficient is its mean. */
export function flatBlock(mean: i32, to: usize, stride: usize): void {
  // As the two passes round it: the first to mean × 4, the second to the sample.
  const sample = min(max(((mean * 4 + 16) >> 5) + 128, 0), 255);
  const eight = <u64>sample * 0x0101_0101_0101_0101;
  for (let row = 0; row < 8; row++) {
    store<u64>(to, eight);
    to += stride;
  }
}

/** One dimension of four columns at `from` (rows of 32 bytes), to four rows at `to`. */
function inversePass(from: usize, to: usize, shift: i32, rounding: i32): void {
  const s0 = v128.load(from);
  const s1 = v128.load(from, 32);
  const s2 = v128.load(from, 64);
  const s3 = v128.load(from, 96);
  const s4 = v128.load(from, 128);
  const s5 = v128.load(from, 160);
  const s6 = v128.load(from, 192);
  const s7 = v128.load(from, 224);

  const evenTurn = i32x4.mul(i32x4.add(s2, s6), a0_541);
  const e2 = i32x4.add(evenTurn, i32x4.mul(s6, a1_847));
  const e3 = i32x4.add(evenTurn, i32x4.mul(s2, a0_765));
  const bias = i32x4.splat(rounding);
  const e0 = i32x4.add(i32x4.shl(i32x4.add(s0, s4), 13), bias);
  const e1 = i32x4.add(i32x4.shl(i32x4.sub(s0, s4), 13), bias);
  const p0 = i32x4.add(e0, e3);
  const p3 = i32x4.sub(e0, e3);
  const p1 = i32x4.add(e1, e2);
  const p2 = i32x4.sub(e1, e2);

  const z1 = i32x4.mul(i32x4.add(s7, s1), a0_899);
  const z2 = i32x4.mul(i32x4.add(s5, s3), a2_562);
  const sum3 = i32x4.add(s7, s3);
  const sum4 = i32x4.add(s5, s1);
  const z5 = i32x4.mul(i32x4.add(sum3, sum4), a1_175);
  const z3 = i32x4.add(i32x4.mul(sum3, a1_961), z5);
  const z4 = i32x4.add(i32x4.mul(sum4, a0_390), z5);
  const o3 = i32x4.add(i32x4.add(i32x4.mul(s7, a0_298), z1), z3);
  const o2 = i32x4.add(i32x4.add(i32x4.mul(s5, a2_053), z2), z4);
  const o1 = i32x4.add(i32x4.add(i32x4.mul(s3, a3_072), z2), z3);
  const o0 = i32x4.add(i32x4.add(i32x4.mul(s1, a1_501), z1), z4);

  storeTransposed(
    to,
    i32x4.shr_s(i32x4.add(p0, o0), shift),
    i32x4.shr_s(i32x4.add(p1, o1), shift),
    i32x4.shr_s(i32x4.add(p2, o2), shift),
    i32x4.shr_s(i32x4.add(p3, o3), shift),
  );
  storeTransposed(
    to + 16,
    i32x4.shr_s(i32x4.sub(p3, o3), shift),
    i32x4.shr_s(i32x4.sub(p2, o2), shift),
    i32x4.shr_s(i32x4.sub(p1, o1), shift),
    i32x4.shr_s(i32x4.sub(p0, o0), shift),
  );
}

function storeTransposed(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const lowAb = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const highAb = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const lowCd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const highCd = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(lowAb, lowCd, 0, 2));
  v128.store(to, v128.shuffle<i64>(lowAb, lowCd, 1, 3), 32);
  v128.store(to, v128.shuffle<i64>(highAb, highCd, 0, 2), 64);
  v128.store(to, v128.shuffle<i64>(highAb, highCd, 1, 3), 96);
}
