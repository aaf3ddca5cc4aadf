// exp2, log2 and powers of four f32 at a time, from additions, multiplications and one division in a fixed order: the same bits on every engine, which
// Math.exp does not promise.

/**
 * -120, then the Taylor series of 2^x, ln(2)^n / n!, from n = 6 down to 0, then 1.5 · 2^23: added to a number it leaves the nearest whole one in the lowest bits. Loaded, as
 * the factors in pyramid.ts are.
 */
const series = memory.data<f32>([
  -120, 1.5403530393381609e-4, 1.3333558146428443e-3, 9.618129107628477e-3, 5.550410866482158e-2,
  2.402265069591007e-1, 6.931471805599453e-1, 1, 12_582_912,
]);
const bias = memory.data<i32>([127]);

/** 2^x for x <= 120, within 2 units in the last place; below -120 as 2^-120. */
export function exp2(x: v128): v128 {
  const shift = v128.load_splat<f32>(series, 32);
  const bounded = f32x4.pmax(x, v128.load_splat<f32>(series));
  const shifted = f32x4.add(bounded, shift);
  const rest = f32x4.sub(bounded, f32x4.sub(shifted, shift)); // at most 1/2
  let sum = v128.load_splat<f32>(series, 4);
  sum = f32x4.add(f32x4.mul(sum, rest), v128.load_splat<f32>(series, 8));
  sum = f32x4.add(f32x4.mul(sum, rest), v128.load_splat<f32>(series, 12));
  sum = f32x4.add(f32x4.mul(sum, rest), v128.load_splat<f32>(series, 16));
  sum = f32x4.add(f32x4.mul(sum, rest), v128.load_splat<f32>(series, 20));
  sum = f32x4.add(f32x4.mul(sum, rest), v128.load_splat<f32>(series, 24));
  sum = f32x4.add(f32x4.mul(sum, rest), v128.load_splat<f32>(series, 28));
  const exponent = i32x4.add(shifted, v128.load_splat<i32>(bias));
  return f32x4.mul(sum, i32x4.shl(exponent, 23));
}

/** The binary logarithm of x > 0; x is a normal number. */
export function log2(x: v128): v128 {
  // x = mantissa · 2^exponent with the mantissa from sqrt(1/2) to sqrt(2).
  const shifted = i32x4.sub(x, i32x4.splat(0x3f3504f3));
  const exponent = i32x4.shr_s(shifted, 23);
  const mantissa = i32x4.sub(x, i32x4.shl(exponent, 23));
  const one = f32x4.splat(1);
  const s = f32x4.div(f32x4.sub(mantissa, one), f32x4.add(mantissa, one));
  const square = f32x4.mul(s, s);
  // ln(m) = 2 (s + s^3 / 3 + s^5 / 5 + …), here with the factor 2 / ln(2).
  let sum = f32x4.splat(0.32059889);
  sum = f32x4.add(f32x4.mul(sum, square), f32x4.splat(0.41219858));
  sum = f32x4.add(f32x4.mul(sum, square), f32x4.splat(0.57707802));
  sum = f32x4.add(f32x4.mul(sum, square), f32x4.splat(0.96179669));
  sum = f32x4.add(f32x4.mul(sum, square), f32x4.splat(2.885390082));
  return f32x4.add(f32x4.convert_i32x4_s(exponent), f32x4.mul(sum, s));
}

/** x^exponent for 0 <= x <= 4 and an exponent above 0 and at most 8; 0 stays 0. */
export function power(x: v128, exponent: f32): v128 {
  const least = f32x4.splat(1e-30);
  const raised = exp2(f32x4.mul(log2(f32x4.pmax(x, least)), f32x4.splat(exponent)));
  return v128.and(raised, f32x4.gt(x, least));
}
