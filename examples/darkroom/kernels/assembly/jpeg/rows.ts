// From the components' samples to rows of RGB: upsampling of chroma by the triangle filter (each sample is ¾ of its nearest
// neighbour and ¼ of the next one), then ITU-R BT.601 as JFIF says, with 16 bits of fraction.
import { Component, Picture } from "./picture";

/** Room around a row, for the neighbours of its ends and for vectors that go beyond. */
const margin: usize = 64;

export class RowMaker {
  private sums: usize;
  private samples: usize;
  /** One row of RGB, 3 bytes a pixel, with room for a vector beyond its end. */
  rgb: usize;

  constructor(private picture: Picture) {
    const width = <usize>picture.width;
    this.sums = heap.alloc((width + 2 * margin) * 2) + margin;
    this.samples = heap.alloc((width + 2 * margin) * 3);
    this.rgb = heap.alloc((width + 2 * margin) * 3);
  }

  /** Makes row `y` of the picture out of the rings. */
  make(y: i32): void {
    const components = this.picture.components;
    const width = this.picture.width;
    const first = this.samplesOf(0, y);
    if (components.length == 1) {
      interleave(first, first, first, this.rgb, width);
    } else if (this.picture.isYcc()) {
      colour(first, this.samplesOf(1, y), this.samplesOf(2, y), this.rgb, width);
    } else {
      interleave(first, this.samplesOf(1, y), this.samplesOf(2, y), this.rgb, width);
    }
  }

  /** Address of the full-resolution samples of a component in row `y`. */
  private samplesOf(index: i32, y: i32): usize {
    const component = this.picture.components[index];
    const wide = this.picture.horizontal / component.horizontal;
    const high = this.picture.vertical / component.vertical;
    const whole =
      wide * component.horizontal == this.picture.horizontal &&
      high * component.vertical == this.picture.vertical;
    const to = this.samples + <usize>index * (<usize>this.picture.width + 2 * margin);
    if (whole && wide == 1 && high == 1) return component.row(y);
    if (whole && wide <= 2 && high <= 2) this.triangle(component, y, wide == 2, high == 2, to);
    else this.nearest(component, y, to);
    return to;
  }

  private nearest(component: Component, y: i32, to: usize): void {
    const row = component.row((y * component.vertical) / this.picture.vertical);
    for (let x = 0; x < this.picture.width; x++) {
      const from = (x * component.horizontal) / this.picture.horizontal;
      store<u8>(to + <usize>x, load<u8>(row + <usize>from));
    }
  }

  private triangle(component: Component, y: i32, wide: bool, high: bool, to: usize): void {
    const width = component.width;
    const near = high ? y >> 1 : y;
    // An even row lies nearer to the row above, an odd one to that below; the picture's edge repeats itself.
    const next = high ? min(max((y & 1) == 0 ? near - 1 : near + 1, 0), component.height - 1) : near;
    const rounding = (y & 1) == 0 ? 1 : 2;
    const sums = this.sums;
    const a = component.row(near);
    const b = component.row(next);
    for (let x: usize = 0; x < <usize>width; x += 8) {
      let sum = v128.load8x8_u(a + x);
      if (high) {
        sum = i16x8.add(i16x8.mul(sum, i16x8.splat(3)), v128.load8x8_u(b + x));
        if (!wide) sum = i16x8.shr_u(i16x8.add(sum, i16x8.splat(<i16>rounding)), 2);
      }
      if (wide) v128.store(sums + (x << 1), sum);
      else v128.store64_lane(to + x, i8x16.narrow_i16x8_u(sum, sum), 0);
    }
    if (!wide) return;
    store<u16>(sums - 2, load<u16>(sums));
    store<u16>(sums + ((<usize>width) << 1), load<u16>(sums + ((<usize>(width - 1)) << 1)));
    stretch(sums, width, high ? 4 : 2, high ? 8 : 1, high ? 7 : 2, to);
  }
}

/** Twice as many samples as the u16 at `sums`, whose ends have a neighbour; left and right of a pair are rounded in turn. */
function stretch(
  sums: usize,
  width: i32,
  shift: i32,
  leftRounding: i32,
  rightRounding: i32,
  to: usize,
): void {
  const left = i16x8.splat(<i16>leftRounding);
  const right = i16x8.splat(<i16>rightRounding);
  for (let x: usize = 0; x < <usize>width; x += 8) {
    const at = sums + (x << 1);
    const triple = i16x8.mul(v128.load(at), i16x8.splat(3));
    const even = i16x8.shr_u(i16x8.add(i16x8.add(triple, v128.load(at - 2)), left), shift);
    const odd = i16x8.shr_u(i16x8.add(i16x8.add(triple, v128.load(at + 2)), right), shift);
    v128.store(to + (x << 1), v128.or(even, i16x8.shl(odd, 8)));
  }
}

const half = i32x4.splat(1 << 15);

/** YCbCr to RGB, eight pixels at a time. */
function colour(luma: usize, blue: usize, red: usize, to: usize, width: i32): void {
  const centre = i16x8.splat(128);
  for (let x: usize = 0; x < <usize>width; x += 8) {
    const y = v128.load8x8_u(luma + x);
    const cb = i16x8.sub(v128.load8x8_u(blue + x), centre);
    const cr = i16x8.sub(v128.load8x8_u(red + x), centre);
    const cbLow = i32x4.extend_low_i16x8_s(cb);
    const cbHigh = i32x4.extend_high_i16x8_s(cb);
    const crLow = i32x4.extend_low_i16x8_s(cr);
    const crHigh = i32x4.extend_high_i16x8_s(cr);
    const r = i16x8.add(y, i16x8.narrow_i32x4_s(scaled(crLow, 91_881), scaled(crHigh, 91_881)));
    const b = i16x8.add(y, i16x8.narrow_i32x4_s(scaled(cbLow, 116_130), scaled(cbHigh, 116_130)));
    const g = i16x8.add(y, i16x8.narrow_i32x4_s(green(cbLow, crLow), green(cbHigh, crHigh)));
    storePixels(to + x * 3, i8x16.narrow_i16x8_u(r, g), i8x16.narrow_i16x8_u(b, b));
  }
}

function scaled(value: v128, factor: i32): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.mul(value, i32x4.splat(factor)), half), 16);
}

function green(cb: v128, cr: v128): v128 {
  const sum = i32x4.add(i32x4.mul(cb, i32x4.splat(-22_554)), i32x4.mul(cr, i32x4.splat(-46_802)));
  return i32x4.shr_s(i32x4.add(sum, half), 16);
}

function interleave(r: usize, g: usize, b: usize, to: usize, width: i32): void {
  for (let x: usize = 0; x < <usize>width; x += 8) {
    const rg = v128.load64_lane(g + x, i64x2.splat(0), 1);
    storePixels(to + x * 3, v128.load64_lane(r + x, rg, 0), v128.load64_zero(b + x));
  }
}

/** Eight pixels, of eight reds and eight greens in `rg` and eight blues in `b`; 32 bytes are written, 24 of them count. */
function storePixels(to: usize, rg: v128, b: v128): void {
  v128.store(to, v128.shuffle<u8>(rg, b, 0, 8, 16, 1, 9, 17, 2, 10, 18, 3, 11, 19, 4, 12, 20, 5));
  v128.store(to, v128.shuffle<u8>(rg, b, 13, 21, 6, 14, 22, 7, 15, 23, 0, 0, 0, 0, 0, 0, 0, 0), 16);
}
