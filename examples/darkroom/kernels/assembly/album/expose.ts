// From radiance to the bytes of a camera: where the frame looks, its sensor's noise and its response.
import { check } from "../abi";
import { Tile, headerBytes, newTile, sampleF32, sampleU8 } from "../tile";
import { hash } from "./noise";

/** Electrons of a full pixel, and the spread of what is read out of an empty one. */
const fullWell: f64 = 14_000;
const readNoise: f64 = 4.5;

/**
 * The camera's response: sensor exposure in [0, 1] to a value in [0, 1]. Rational and rising; like film, it is nearly linear
 * in the shadows and gently bent in the lights. Its inverse is `v² / (a − (a − 1)·v²)` with a = `bend`.
 */
const bend: f64 = 2.6;

export function respond(exposure: f64): f64 {
  const full = min<f64>(max<f64>(exposure, 0), 1);
  const risen = (bend * full) / (1 + (bend - 1) * full);
  return Math.sqrt(risen);
}

/** How a frame of `width` × `height` lies over the truth, and what its camera adds. */
export class Frame {
  width: i32 = 0;
  height: i32 = 0;
  /** Point of the truth under the frame's middle, and the turn between both as cosine and sine. */
  middleX: f64 = 0;
  middleY: f64 = 0;
  cosine: f64 = 1;
  sine: f64 = 0;
  /** Sensor exposure of radiance 1. */
  gain: f64 = 1;
  seed: u32 = 0;
  private truth: Tile[] = [];
  private x: i32 = 0;
  private y: i32 = 0;
  private exact: bool = false;
  private across: StaticArray<f64> = new StaticArray<f64>(4);
  private down: StaticArray<f64> = new StaticArray<f64>(4);
  private bands: i32 = 0;
  /** Addresses of the rows around the chosen point, and of its columns within a row. */
  private rowsAt: StaticArray<usize> = new StaticArray<usize>(4);
  private columnsAt: StaticArray<usize> = new StaticArray<usize>(4);

  /** Takes the truth: bands of equal height (but the last), from top to bottom. */
  addBand(tile: Tile): void {
    check(tile.sample == sampleF32 && tile.channels == 3, "the truth is not made of radiances");
    this.truth.push(tile);
    this.bands = this.truth[0].height;
    check(tile.width == this.truth[0].width, "the truth's bands differ in width");
  }

  /** The rows from `top` on, as a tile of RGB in 8 bits. */
  rows(top: i32, rows: i32): usize {
    const tile = newTile(sampleU8, 3, this.width, rows);
    let to = tile + headerBytes;
    for (let y = top; y < top + rows; y++) {
      const fy: f64 = <f64>y - <f64>(this.height - 1) * 0.5;
      for (let x = 0; x < this.width; x++) {
        const fx: f64 = <f64>x - <f64>(this.width - 1) * 0.5;
        const u: f64 = this.middleX + this.cosine * fx - this.sine * fy;
        const v: f64 = this.middleY + this.sine * fx + this.cosine * fy;
        this.aim(u, v);
        for (let channel = 0; channel < 3; channel++) {
          const noise = hash(x * 3 + channel, y) ^ (this.seed * 0x9e37_79b1);
          store<u8>(to++, this.develop(this.sample(channel), noise));
        }
      }
    }
    return tile;
  }

  private develop(radiance: f64, noise: u32): u8 {
    const exposure = radiance * this.gain;
    // Four uniform numbers, each a byte, make a bell of variance 1/3.
    const bits = hash(<i32>noise, 0);
    const bytes = (bits & 0x00ff_00ff) + ((bits >> 8) & 0x00ff_00ff);
    const bell: f64 = <f64>((bytes & 0xffff) + (bytes >> 16)) / 256 - 2 + 2 / 256.0;
    const electrons = min<f64>(exposure, 4) * fullWell;
    const spread = Math.sqrt(max<f64>(electrons, 0) + readNoise * readNoise) * 1.732_051;
    return <u8>(respond((electrons + bell * spread) / fullWell) * 255 + 0.5);
  }

  /** Chooses the point of the truth that `sample` then takes. */
  private aim(u: f64, v: f64): void {
    const left = Math.floor(u);
    const top = Math.floor(v);
    this.x = <i32>left;
    this.y = <i32>top;
    this.exact = left == u && top == v;
    for (let tap = 0; tap < 4; tap++) {
      unchecked((this.rowsAt[tap] = this.row(this.y + tap - 1)));
      unchecked((this.columnsAt[tap] = this.column(this.x + tap - 1)));
    }
    if (this.exact) return;
    for (let tap = 0; tap < 4; tap++) {
      unchecked((this.across[tap] = weight(u - left, tap - 1)));
      unchecked((this.down[tap] = weight(v - top, tap - 1)));
    }
  }

  /** The truth at the chosen point, by Catmull and Rom's cubic; exactly the sample where the point is one. */
  private sample(channel: i32): f64 {
    const at = (<usize>channel) << 2;
    if (this.exact) return this.at(1, 1, at);
    let sum: f64 = 0;
    for (let row = 0; row < 4; row++) {
      let line: f64 = 0;
      for (let tap = 0; tap < 4; tap++) line += unchecked(this.across[tap]) * this.at(tap, row, at);
      sum += unchecked(this.down[row]) * line;
    }
    // A cubic overshoots beside the sun; no value may leave those of the four samples around the point.
    const a = this.at(1, 1, at);
    const b = this.at(2, 1, at);
    const c = this.at(1, 2, at);
    const d = this.at(2, 2, at);
    return min(max(sum, min(min(a, b), min(c, d))), max(max(a, b), max(c, d)));
  }

  private at(tap: i32, row: i32, channel: usize): f64 {
    return load<f32>(unchecked(this.rowsAt[row]) + unchecked(this.columnsAt[tap]) + channel);
  }

  private row(y: i32): usize {
    const index = min(max(y, 0) / this.bands, this.truth.length - 1);
    const band = unchecked(this.truth[index]);
    const row = min(max(y, 0) - index * this.bands, band.height - 1);
    return band.data + <usize>(row * band.width * 12);
  }

  private column(x: i32): usize {
    return <usize>(min(max(x, 0), this.truth[0].width - 1) * 12);
  }
}

function weight(t: f64, tap: i32): f64 {
  const d = abs<f64>(t - <f64>tap);
  if (d < 1) return 1 + d * d * (1.5 * d - 2.5);
  return d < 2 ? 2 + d * (-4 + d * (2.5 - 0.5 * d)) : 0;
}
