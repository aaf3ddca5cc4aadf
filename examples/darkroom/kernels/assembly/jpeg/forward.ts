// Forward transform and quantisation. The transform is the transpose of the inverse one, in f32 with a fixed order of
// operations: an encoder may choose its own rounding, and this one is the same everywhere.

/** Half cosines: c(k)/2 · cos((2n + 1)kπ/16) as a matrix of 8 rows k and 8 columns n. */
const cosines = memory.data<f32>([
  0.35355339, 0.35355339, 0.35355339, 0.35355339, 0.35355339, 0.35355339, 0.35355339, 0.35355339, 0.49039264,
  0.41573481, 0.27778512, 0.09754516, -0.09754516, -0.27778512, -0.41573481, -0.49039264, 0.46193977,
  0.19134172, -0.19134172, -0.46193977, -0.46193977, -0.19134172, 0.19134172, 0.46193977, 0.41573481,
  -0.09754516, -0.49039264, -0.27778512, 0.27778512, 0.49039264, 0.09754516, -0.41573481, 0.35355339,
  -0.35355339, -0.35355339, 0.35355339, 0.35355339, -0.35355339, -0.35355339, 0.35355339, 0.27778512,
  -0.49039264, 0.09754516, 0.41573481, -0.41573481, -0.09754516, 0.49039264, -0.27778512, 0.19134172,
  -0.46193977, 0.46193977, -0.19134172, -0.19134172, 0.46193977, -0.46193977, 0.19134172, 0.09754516,
  -0.27778512, 0.41573481, -0.49039264, 0.49039264, -0.41573481, 0.27778512, -0.09754516,
]);
const middle = memory.data(256, 16);

/** Transforms the 64 f32 at `samples` (level-shifted), times the f32 `reciprocals`, to 64 rounded i32 at `to`. */
export function forwardTransform(samples: usize, reciprocals: usize, to: usize): void {
  pass(samples, middle);
  pass(middle, samples);
  for (let i: usize = 0; i < 256; i += 16) {
    const scaled = f32x4.mul(v128.load(samples + i), v128.load(reciprocals + i));
    v128.store(to + i, i32x4.trunc_sat_f32x4_s(f32x4.nearest(scaled)));
  }
}

/** One dimension along columns, answered transposed. */
function pass(from: usize, to: usize): void {
  for (let k: usize = 0; k < 8; k++) {
    let low = f32x4.splat(0);
    let high = f32x4.splat(0);
    for (let n: usize = 0; n < 8; n++) {
      const factor = v128.load32_splat(cosines + ((k * 8 + n) << 2));
      low = f32x4.add(low, f32x4.mul(factor, v128.load(from + n * 32)));
      high = f32x4.add(high, f32x4.mul(factor, v128.load(from + n * 32, 16)));
    }
    const column = to + k * 4;
    v128.store32_lane(column, low, 0);
    v128.store32_lane(column, low, 1, 32);
    v128.store32_lane(column, low, 2, 64);
    v128.store32_lane(column, low, 3, 96);
    v128.store32_lane(column, high, 0, 128);
    v128.store32_lane(column, high, 1, 160);
    v128.store32_lane(column, high, 2, 192);
    v128.store32_lane(column, high, 3, 224);
  }
}
