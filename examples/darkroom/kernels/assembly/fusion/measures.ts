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

// Loaded, as the factors in pyramid.ts are: the luma of red, green and blue as in the paper's own program (rgb2gray, NTSC), 1/3, 1/2 and 4.
const factors = memory.data<f32>([
  0.298936021293775,
  0.587043074451121,
  0.114020904255103,
  1.0 / 3.0,
  0.5,
  4,
]);

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
  const third = v128.load_splat<f32>(factors, 12);
  const half = v128.load_splat<f32>(factors, 16);
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
    const redGreen = f32x4.add(
      f32x4.mul(red, v128.load_splat<f32>(factors)),
      f32x4.mul(green, v128.load_splat<f32>(factors, 4)),
    );
    v128.store(lumas, f32x4.add(redGreen, f32x4.mul(blue, v128.load_splat<f32>(factors, 8))));
    if (saturation > 0) {
      const mean = f32x4.mul(f32x4.add(f32x4.add(red, green), blue), third);
      const squares = sumOfSquares(f32x4.sub(red, mean), f32x4.sub(green, mean), f32x4.sub(blue, mean));
      const deviation = f32x4.sqrt(f32x4.mul(squares, third));
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
    const vertical = f32x4.add(v128.load(above + at), v128.load(below + at));
    const horizontal = f32x4.add(v128.load(lumas + at - 4), v128.load(lumas + at + 4));
    const center = f32x4.mul(v128.load(lumas + at), v128.load_splat<f32>(factors, 20));
    const contrast = f32x4.abs(f32x4.sub(f32x4.add(vertical, horizontal), center));
    const factor = exponent == 1 ? contrast : power(contrast, exponent);
    v128.store(weights + at, f32x4.mul(v128.load(weights + at), factor));
  }
}
