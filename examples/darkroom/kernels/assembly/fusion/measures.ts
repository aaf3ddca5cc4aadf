// The measures of quality of Mertens, Kautz and Van Reeth (2007, section 3.1), four pixels at a time.
import { exp2, power } from "./elementary";

export class Exponents {
  constructor(
    public contrast: f32,
    public saturation: f32,
    public exposure: f32,
  ) {}

  get any(): bool {
    return this.contrast > 0 || this.saturation > 0 || this.exposure > 0;
  }
}

// Loaded, as the factors in pyramid.ts are: 65,535 and 2^23, which make bits of a whole number; 1/3; 1/2; and the inverse of the greatest luma.
const factors = memory.data<f32>([65_535, 8_388_608, 1.0 / 3.0, 0.5, 1.0 / (65_535.0 * 8_192.0)]);
/** The luma of red, green and blue in 1/8,192: 0.298936, 0.587043 and 0.114021, as in the paper's own program (rgb2gray, NTSC). */
const lumaWeights = memory.data<i32>([2_449, 4_809, 934]);

/** -log2(e) / (2 · 0.2²): the exponent of the Gaussian around 1/2. */
const exposureScale: f32 = -18.033688011112043;

/**
 * For `groups` times four pixels: their luma to `lumas`, and to `weights` the factor of the weight that they carry times saturation and
 * well-exposedness, each to its exponent.
 */
export function measurePixels(
  pixels: usize,
  groups: i32,
  exponents: Exponents,
  lumas: usize,
  weights: usize,
): void {
  const third = v128.load_splat<f32>(factors, 8);
  const half = v128.load_splat<f32>(factors, 12);
  const saturation = exponents.saturation;
  const exposure = exponents.exposure;
  for (let i = 0; i < groups; i++) {
    const a = v128.load(pixels);
    const b = v128.load(pixels, 16);
    const c = v128.load(pixels, 32);
    const d = v128.load(pixels, 48);
    const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const cdLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    const red = v128.shuffle<f32>(abLow, cdLow, 0, 1, 4, 5);
    const green = v128.shuffle<f32>(abLow, cdLow, 2, 3, 6, 7);
    const blue = v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5);
    let weight = v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7);
    const redGreen = i32x4.add(lumaPart(red, 0), lumaPart(green, 4));
    v128.store(lumas, i32x4.add(redGreen, lumaPart(blue, 8)));
    if (saturation > 0) {
      // The standard deviation of the three, from their differences: of a grey pixel it is exactly 0, as the paper's weights need it.
      const squares = sumOfSquares(f32x4.sub(red, green), f32x4.sub(green, blue), f32x4.sub(blue, red));
      const deviation = f32x4.mul(f32x4.sqrt(squares), third);
      weight = f32x4.mul(weight, saturation == 1 ? deviation : power(deviation, saturation));
    }
    if (exposure > 0) {
      const squares = sumOfSquares(f32x4.sub(red, half), f32x4.sub(green, half), f32x4.sub(blue, half));
      weight = f32x4.mul(weight, exp2(f32x4.mul(squares, f32x4.splat(exposureScale * exposure))));
    }
    v128.store(weights, weight);
    pixels += 64;
    lumas += 16;
    weights += 16;
  }
}

/**
 * A channel's part of the luma, exact and in whole numbers: on a slope of the picture the contrast is then exactly 0, as it is in the paper's arithmetic, and not some
 * noise far above the least weight. Each channel carries a bias, the bits of 2^23; the Laplacian loses it, modulo 2^32.
 */
function lumaPart(channel: v128, weight: usize): v128 {
  const scaled = f32x4.mul(channel, v128.load_splat<f32>(factors));
  const whole = f32x4.add(scaled, v128.load_splat<f32>(factors, 4));
  return i32x4.mul(whole, v128.load_splat<i32>(lumaWeights + weight));
}

function sumOfSquares(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.add(f32x4.mul(a, a), f32x4.mul(b, b)), f32x4.mul(c, c));
}

/**
 * Multiplies the weights with the contrast, |Laplacian of the luma|, to its exponent. The rows of luma above and below are those at the same pixels; one pixel before
 * and after the row of lumas is read, too.
 */
export function multiplyContrast(
  above: usize,
  lumas: usize,
  below: usize,
  groups: i32,
  exponent: f32,
  weights: usize,
): void {
  const end = <usize>(groups * 16);
  for (let at: usize = 0; at < end; at += 16) {
    const vertical = i32x4.add(v128.load(above + at), v128.load(below + at));
    const horizontal = i32x4.add(v128.load(lumas + at - 4), v128.load(lumas + at + 4));
    const center = i32x4.shl(v128.load(lumas + at), 2);
    const laplacian = i32x4.abs(i32x4.sub(i32x4.add(vertical, horizontal), center));
    const contrast = f32x4.mul(f32x4.convert_i32x4_s(laplacian), v128.load_splat<f32>(factors, 16));
    const factor = exponent == 1 ? contrast : power(contrast, exponent);
    v128.store(weights + at, f32x4.mul(v128.load(weights + at), factor));
  }
}
