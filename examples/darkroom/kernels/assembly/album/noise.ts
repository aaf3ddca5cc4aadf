// Value noise: hashed lattice points, joined by a curve with two smooth derivatives.

export function hash(x: i32, y: i32): u32 {
  let h = (<u32>x * 0x8da6_b343) ^ (<u32>y * 0xd816_3841);
  h = (h ^ (h >> 15)) * 0x2c1b_3c6d;
  h = (h ^ (h >> 12)) * 0x297a_2d39;
  return h ^ (h >> 15);
}

/** Uniform in [0, 1). */
export function fraction(h: u32): f64 {
  return <f64>(h >> 8) * (1 / 16_777_216.0);
}

/** Values of the lattice, which repeats after `period` points. */
const period: i32 = 128;
const lattice = memory.data(128 * 128 * 4, 16);
for (let i = 0; i < period * period; i++) {
  store<f32>(lattice + ((<usize>i) << 2), <f32>fraction(hash(i & (period - 1), i / period)));
}

function point(x: i32, y: i32): f64 {
  return load<f32>(lattice + ((<usize>(((y & (period - 1)) * period) | (x & (period - 1)))) << 2));
}

/** Noise in [0, 1) with features of size 1. */
export function noise(x: f64, y: f64): f64 {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const ix = <i32>left;
  const iy = <i32>top;
  const fx = curve(x - left);
  const fy = curve(y - top);
  const a = point(ix, iy);
  const b = point(ix + 1, iy);
  const c = point(ix, iy + 1);
  const d = point(ix + 1, iy + 1);
  const upper = a + (b - a) * fx;
  return upper + (c + (d - c) * fx - upper) * fy;
}

/** Sum of `octaves` of noise, each turned (by the 3-4-5 triangle), twice as fine and half as strong; about in [0, 1). */
export function fractal(x: f64, y: f64, octaves: i32): f64 {
  let sum: f64 = 0;
  let strength: f64 = 0.5;
  for (let i = 0; i < octaves; i++) {
    sum += strength * noise(x, y);
    const turned: f64 = 1.6 * x - 1.2 * y + 17.3;
    y = 1.2 * x + 1.6 * y + 9.1;
    x = turned;
    strength *= 0.5;
  }
  return sum;
}

/** The same with ridges: what lies near the middle of the noise stands highest. */
export function ridges(x: f64, y: f64, octaves: i32): f64 {
  let sum: f64 = 0;
  let strength: f64 = 0.5;
  let before: f64 = 1;
  for (let i = 0; i < octaves; i++) {
    const ridge: f64 = 1 - abs<f64>(2 * noise(x, y) - 1);
    const sharp = ridge * ridge;
    sum += strength * sharp * before;
    before = min<f64>(1, sharp * 1.6);
    const turned: f64 = 1.6 * x - 1.2 * y + 31.7;
    y = 1.2 * x + 1.6 * y + 5.3;
    x = turned;
    strength *= 0.5;
  }
  return sum;
}

function curve(t: f64): f64 {
  return t * t * t * (t * (t * 6 - 15) + 10);
}

export function smooth(low: f64, high: f64, x: f64): f64 {
  const t = min<f64>(max<f64>((x - low) / (high - low), 0), 1);
  return t * t * (3 - 2 * t);
}

export function mix(a: f64, b: f64, t: f64): f64 {
  return a + (b - a) * t;
}
