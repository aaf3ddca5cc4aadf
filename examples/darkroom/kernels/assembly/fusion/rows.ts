// The finest level, row by row: the samples of each frame with normalised weights. It is never held as a whole.
import { check } from "../abi";
import { multiplyContrast, measurePixels } from "./measures";
import { pixelBytes } from "./pyramid";
import { readMask, readPixels } from "./samples";
import { Frame, Scene, modeFusion } from "./scene";
import { Window } from "./window";

/** Rows that are kept: one before and one after that which is made, for the contrast. A power of two. */
const keptRows: i32 = 4;
/** Keeps the sum of the weights of a pixel that is black in every frame above 0. */
const leastMeasure: f32 = 1e-12;
/** A sum of weights that is no larger is taken for 0; the inverse of a larger one is finite. */
const leastSum: f32 = 1e-30;

/** One frame's rows that are at hand. */
class FrameRows {
  pixels: usize;
  lumas: usize;
  weights: usize;
  mask: usize;

  constructor(
    public frame: Frame,
    /** Pixels of a row, rounded up to whole vectors. */
    public stride: i32,
  ) {
    this.pixels = heap.alloc(<usize>(keptRows * stride * pixelBytes));
    this.lumas = heap.alloc(<usize>(keptRows * (stride + 8) * 4)) + 16;
    this.weights = heap.alloc(<usize>(keptRows * stride * 4));
    this.mask = heap.alloc(<usize>(stride * 4));
    memory.fill(this.pixels, 0, <usize>(keptRows * stride * pixelBytes));
  }

  pixelRow(y: i32): usize {
    return this.pixels + <usize>((y & (keptRows - 1)) * this.stride * pixelBytes);
  }

  lumaRow(y: i32): usize {
    return this.lumas + <usize>((y & (keptRows - 1)) * (this.stride + 8) * 4);
  }

  weightRow(y: i32): usize {
    return this.weights + <usize>((y & (keptRows - 1)) * this.stride * 4);
  }
}

/**
 * Makes the rows of a window one after the other, for all frames at once: the weights of a pixel are divided by their sum over the frames. Of the window's first and
 * last rows and columns only those at the picture's edge have true weights, so the window is to be one pixel larger than what is used.
 */
export class Rows {
  private frames: Array<FrameRows> = new Array<FrameRows>();
  private groups: i32;
  /** Rows below this one have their samples and measures. */
  private measured: i32;
  private sums: usize;

  constructor(
    private scene: Scene,
    public window: Window,
  ) {
    this.groups = (window.width + 3) / 4;
    for (let i = 0; i < scene.frames.length; i++) {
      this.frames.push(new FrameRows(scene.frames[i], this.groups * 4));
    }
    this.measured = window.y0;
    this.sums = heap.alloc((<usize>this.groups) << 4);
  }

  /** The pixels of the row that was made last; their fourth lane is not their weight. */
  pixels(frame: i32, y: i32): usize {
    return this.frames[frame].pixelRow(y);
  }

  /** The weights of the row that was made last. */
  weights(frame: i32, y: i32): usize {
    return this.frames[frame].weightRow(y);
  }

  /** Makes row `y`; rows are made in order. */
  make(y: i32): void {
    const last = this.window.y1 - 1;
    while (this.measured <= min(y + 1, last)) this.measure(this.measured++);
    const contrast = this.scene.exponents.contrast;
    if (contrast > 0) {
      for (let i = 0; i < this.frames.length; i++) {
        const rows = this.frames[i];
        const above = rows.lumaRow(max(y - 1, this.window.y0));
        const below = rows.lumaRow(min(y + 1, last));
        multiplyContrast(above, rows.lumaRow(y), below, this.groups, contrast, rows.weightRow(y));
      }
    }
    this.normalise(y);
  }

  private measure(y: i32): void {
    for (let i = 0; i < this.frames.length; i++) {
      const rows = this.frames[i];
      readSamples(this.scene, i, y, this.window.x0, this.window.x1, rows.pixelRow(y));
      const lumas = rows.lumaRow(y);
      measurePixels(rows.pixelRow(y), this.groups, this.scene.exponents, lumas, rows.weightRow(y));
      if (rows.frame.masked) this.multiplyMask(rows, y);
      // The picture's edge is repeated; elsewhere the first and the last pixel are not used.
      store<i32>(lumas - 4, load<i32>(lumas));
      const end = lumas + <usize>(this.window.width * 4);
      store<i32>(end, load<i32>(end - 4));
    }
  }

  private multiplyMask(rows: FrameRows, y: i32): void {
    memory.fill(rows.mask, 0, <usize>(rows.stride * 4));
    const masks = rows.frame.masks;
    for (let i = 0; i < masks.length; i++) {
      readMask(masks[i], y, this.window.x0, this.window.x1, rows.mask);
    }
    const weights = rows.weightRow(y);
    const end = <usize>(rows.stride * 4);
    for (let at: usize = 0; at < end; at += 16) {
      v128.store(weights + at, f32x4.mul(v128.load(weights + at), v128.load(rows.mask + at)));
    }
  }

  /** Divides the row's weights by their sum over the frames. */
  private normalise(y: i32): void {
    const least = f32x4.splat(this.scene.mode == modeFusion ? leastMeasure : 0);
    const end = (<usize>this.groups) << 4;
    const sums = this.sums;
    memory.fill(sums, 0, end);
    for (let i = 0; i < this.frames.length; i++) {
      const weights = this.frames[i].weightRow(y);
      for (let at: usize = 0; at < end; at += 16) {
        const weight = f32x4.add(v128.load(weights + at), least);
        v128.store(weights + at, weight);
        v128.store(sums + at, f32x4.add(v128.load(sums + at), weight));
      }
    }
    const one = f32x4.splat(1);
    const none = f32x4.splat(leastSum);
    for (let at: usize = 0; at < end; at += 16) {
      const sum = v128.load(sums + at);
      v128.store(sums + at, v128.and(f32x4.div(one, sum), f32x4.gt(sum, none)));
    }
    for (let i = 0; i < this.frames.length; i++) {
      const weights = this.frames[i].weightRow(y);
      for (let at: usize = 0; at < end; at += 16) {
        v128.store(weights + at, f32x4.mul(v128.load(weights + at), v128.load(sums + at)));
      }
    }
  }
}

/** Reads the samples x0 … x1 - 1 of a frame's row; the fourth lane is the factor of the weight that the samples carry. */
export function readSamples(scene: Scene, frame: i32, y: i32, x0: i32, x1: i32, pixels: usize): void {
  const fusion = scene.mode == modeFusion;
  if (!fusion) memory.fill(pixels, 0, <usize>((x1 - x0) * pixelBytes));
  const tiles = scene.frames[frame].samples;
  let had = 0;
  for (let i = 0; i < tiles.length; i++) had += readPixels(tiles[i], y, x0, x1, pixels, fusion);
  check(!fusion || had == x1 - x0, "a frame does not cover its part of the picture once");
}
