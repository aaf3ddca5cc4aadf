// Gaussian and Laplacian pyramids (Burt, Adelson 1983) with the taps 1 4 6 4 1. A pixel is one vector of four f32: red, green, blue and weight; the
// weight is halved with the colours, and no lane ever needs a shuffle. Halving reflects at the picture's edge, expanding repeats it.
import { check } from "../abi";
import { Window } from "./window";

/** Bytes of a pixel. */
export const pixelBytes: i32 = 16;
/** Pixels before and after a row of columns that hold what lies over the edge. */
const margin: i32 = 2;

// Factors are loaded: an engine builds a vector constant anew at each use, which takes longer than the arithmetic.
const factors = memory.data<f32>([4, 6, 1.0 / 256.0, 1.0 / 64.0, 4.0 / 64.0, 1, 0]);

function four(): v128 {
  return v128.load_splat<f32>(factors);
}

function six(): v128 {
  return v128.load_splat<f32>(factors, 4);
}

/** The window of one level that is held in memory, row by row. */
export class Level {
  constructor(
    public window: Window,
    public fullWidth: i32,
    public fullHeight: i32,
    public data: usize,
    /** Which bits of a row's number say where it lies: all, or less when only the last rows are kept. */
    private mask: i32,
  ) {}

  /** Address of the first pixel of the window's row `y`. */
  row(y: i32): usize {
    return this.data + <usize>(((y - this.window.y0) & this.mask) * this.window.width * pixelBytes);
  }

  pixel(x: i32, y: i32): usize {
    return this.row(y) + <usize>((x - this.window.x0) * pixelBytes);
  }

  get bytes(): i32 {
    return this.window.width * this.window.height * pixelBytes;
  }
}

/** No level is longer than the memory that a kernel may have at all. */
const maxLevelBytes: i64 = 1 << 30;

/** A level of which the last `kept` rows are held; a power of two, or all of them. */
export function newLevel(window: Window, fullWidth: i32, fullHeight: i32, kept: i32): Level {
  const whole = kept >= window.height;
  const bytes = <i64>window.width * (whole ? window.height : kept) * pixelBytes;
  check(bytes <= maxLevelBytes, "a level is too large for one task: K is too small");
  return new Level(window, fullWidth, fullHeight, heap.alloc(<usize>bytes), whole ? -1 : kept - 1);
}

/** Room for a row of columns of at most `width` pixels; its address is that of pixel 0. */
export function newColumns(width: i32): usize {
  return heap.alloc(<usize>((width + 2 * margin) * pixelBytes)) + <usize>(margin * pixelBytes);
}

/** The index at a symmetric border: -1 is 0, -2 is 1, and the same at the end. */
export function reflected(index: i32, size: i32): i32 {
  const inside = index < 0 ? -1 - index : index >= size ? 2 * size - 1 - index : index;
  return min(max(inside, 0), size - 1);
}

/** Halved rows that are kept; a power of two, and at least the five that are needed at once. */
const keptRows: i32 = 8;

/** Halves a level: takes its rows in order, and gives those of the next coarser one. */
export class Halver {
  private rows: usize;
  /** Coarse pixels x0 … x1 - 1 are made. */
  private x0: i32;
  private x1: i32;
  private rowBytes: i32;

  constructor(
    coarse: Window,
    /** The pixels of each row that is taken. */
    private fineX0: i32,
    private fineX1: i32,
    private fullWidth: i32,
    private fullHeight: i32,
  ) {
    this.x0 = coarse.x0;
    this.x1 = coarse.x1;
    this.rowBytes = coarse.width * pixelBytes;
    this.rows = heap.alloc(<usize>(keptRows * this.rowBytes));
  }

  private row(y: i32): usize {
    return this.rows + <usize>((reflected(y, this.fullHeight) & (keptRows - 1)) * this.rowBytes);
  }

  /** Takes row `y`. The weights come from a row of their own, `step` bytes apart, or from the pixels, at 12 and 16. */
  take(y: i32, pixels: usize, weights: usize, step: usize): void {
    // Coarse pixels from `inner` up to `outer` need nothing beyond the row.
    const inner = min(max((this.fineX0 + 3) >> 1, this.x0), this.x1);
    const outer = max(min((this.fineX1 - 1) >> 1, this.x1), inner);
    let to = this.row(y);
    for (let x = this.x0; x < inner; x++, to += pixelBytes) this.takeEdge(x, pixels, weights, step, to);
    const skipped = <usize>(2 * inner - 2 - this.fineX0);
    halveRow(pixels + (skipped << 4), weights + skipped * step, step, to, outer - inner);
    to += <usize>((outer - inner) * pixelBytes);
    for (let x = outer; x < this.x1; x++, to += pixelBytes) this.takeEdge(x, pixels, weights, step, to);
  }

  private takeEdge(x: i32, pixels: usize, weights: usize, step: usize, to: usize): void {
    const a = this.fine(2 * x - 2, pixels, weights, step);
    const b = this.fine(2 * x - 1, pixels, weights, step);
    const c = this.fine(2 * x, pixels, weights, step);
    const d = this.fine(2 * x + 1, pixels, weights, step);
    v128.store(to, weighted(a, b, c, d, this.fine(2 * x + 2, pixels, weights, step)));
  }

  private fine(x: i32, pixels: usize, weights: usize, step: usize): v128 {
    const index = <usize>(reflected(x, this.fullWidth) - this.fineX0);
    return withWeight(pixels + (index << 4), weights + index * step);
  }

  /** Writes coarse row `y`; the rows 2y - 2 … 2y + 2, as far as they are within the picture, were taken last. */
  give(y: i32, to: usize): void {
    const a = this.row(2 * y - 2);
    const b = this.row(2 * y - 1);
    const c = this.row(2 * y);
    const d = this.row(2 * y + 1);
    const e = this.row(2 * y + 2);
    const scale = v128.load_splat<f32>(factors, 8);
    for (let at: usize = 0; at < <usize>this.rowBytes; at += pixelBytes) {
      const sum = weighted(
        v128.load(a + at),
        v128.load(b + at),
        v128.load(c + at),
        v128.load(d + at),
        v128.load(e + at),
      );
      v128.store(to + at, f32x4.mul(sum, scale));
    }
  }
}

/** 1 4 6 4 1. */
function weighted(a: v128, b: v128, c: v128, d: v128, e: v128): v128 {
  const inner = f32x4.mul(f32x4.add(b, d), four());
  return f32x4.add(f32x4.add(f32x4.add(a, e), inner), f32x4.mul(c, six()));
}

function withWeight(pixel: usize, weight: usize): v128 {
  return v128.load_lane<f32>(weight, v128.load(pixel), 3);
}

/** `count` halved pixels; `pixels` and `weights` begin two before the first centre. */
function halveRow(pixels: usize, weights: usize, step: usize, to: usize, count: i32): void {
  let a = withWeight(pixels, weights);
  let b = withWeight(pixels + 16, weights + step);
  let c = withWeight(pixels + 32, weights + 2 * step);
  const end = to + <usize>(count * pixelBytes);
  while (to < end) {
    const d = withWeight(pixels + 48, weights + 3 * step);
    const e = withWeight(pixels + 64, weights + 4 * step);
    v128.store(to, weighted(a, b, c, d, e));
    a = c;
    b = d;
    c = e;
    pixels += 32;
    weights += 2 * step;
    to += pixelBytes;
  }
}

/** Fills `coarse`, the next level after `fine`. */
export function halve(fine: Level, coarse: Level): void {
  const window = coarse.window;
  const halver = new Halver(window, fine.window.x0, fine.window.x1, fine.fullWidth, fine.fullHeight);
  let taken = fine.window.y0;
  for (let y = window.y0; y < window.y1; y++) {
    for (; taken < min(2 * y + 3, fine.window.y1); taken++) {
      const row = fine.row(taken);
      halver.take(taken, row, row + 12, pixelBytes);
    }
    halver.give(y, coarse.row(y));
  }
}

/**
 * The vertical half of expanding `coarse` to the pixels x0 … x1 - 1 of row `y` of the finer level: columns, 8 times too large. Answers the address of the column
 * x0 >> 1; one more lies on each side of what is needed.
 */
export function expandColumns(coarse: Level, y: i32, x0: i32, x1: i32, columns: usize): usize {
  const row = y >> 1;
  const from = max((x0 >> 1) - 1, 0);
  const to = min(((x1 - 1) >> 1) + 2, coarse.fullWidth);
  const count = <usize>((to - from) * pixelBytes);
  const here = coarse.pixel(from, row);
  const below = coarse.pixel(from, min(row + 1, coarse.fullHeight - 1));
  if (y & 1) {
    for (let at: usize = 0; at < count; at += pixelBytes) {
      const sum = f32x4.add(v128.load(here + at), v128.load(below + at));
      v128.store(columns + at, f32x4.mul(sum, four()));
    }
  } else {
    const above = coarse.pixel(from, max(row - 1, 0));
    for (let at: usize = 0; at < count; at += pixelBytes) {
      const sum = f32x4.add(v128.load(above + at), v128.load(below + at));
      v128.store(columns + at, f32x4.add(sum, f32x4.mul(v128.load(here + at), six())));
    }
  }
  if (x0 >> 1 == 0) v128.store(columns - 16, v128.load(columns));
  v128.store(columns + count, v128.load(columns + count - 16)); // only read where the level ends
  return columns + <usize>(((x0 >> 1) - from) * pixelBytes);
}

function evenPixel(before: v128, here: v128, after: v128): v128 {
  const sum = f32x4.add(f32x4.add(before, after), f32x4.mul(here, six()));
  return f32x4.mul(sum, v128.load_splat<f32>(factors, 12));
}

function oddPixel(here: v128, after: v128): v128 {
  return f32x4.mul(f32x4.add(here, after), v128.load_splat<f32>(factors, 16));
}

/** sum += weight · (pixel - expanded), and the weight itself to the fourth lane. */
function addWeighted(sum: usize, pixel: usize, expanded: v128, weight: usize): void {
  const detail = v128.load_lane<f32>(factors, f32x4.sub(v128.load(pixel), expanded), 3, 20);
  v128.store(sum, f32x4.add(v128.load(sum), f32x4.mul(v128.load_splat<f32>(weight), detail)));
}

/**
 * Adds a frame's weighted detail, `row` less what its coarser level expands to, to `sums`: both hold the pixels x0 … x1 - 1. The weights are `step` bytes apart.
 */
export function addDetail(
  sums: usize,
  row: usize,
  weights: usize,
  step: usize,
  column: usize,
  x0: i32,
  x1: i32,
): void {
  let before = v128.load(column - 16);
  let here = v128.load(column);
  let x = x0;
  if (x & 1) {
    const after = v128.load(column, 16);
    addWeighted(sums, row, oddPixel(here, after), weights);
    before = here;
    here = after;
    x++;
    row += 16;
    sums += 16;
    column += 16;
    weights += step;
  }
  for (; x + 1 < x1; x += 2) {
    const after = v128.load(column, 16);
    addWeighted(sums, row, evenPixel(before, here, after), weights);
    addWeighted(sums + 16, row + 16, oddPixel(here, after), weights + step);
    before = here;
    here = after;
    row += 32;
    sums += 32;
    column += 16;
    weights += 2 * step;
  }
  if (x < x1) addWeighted(sums, row, evenPixel(before, here, v128.load(column, 16)), weights);
}

/** Adds a frame's weighted pixels: the coarsest level has no detail. */
export function addWhole(sums: Level, level: Level): void {
  const bytes = <usize>sums.bytes;
  for (let at: usize = 0; at < bytes; at += pixelBytes) {
    addWeighted(sums.data + at, level.data + at, f32x4.splat(0), level.data + at + 12);
  }
}

/** Adds a frame's weighted detail of one level to `sums`, in the window of these. */
export function addLevel(sums: Level, level: Level, coarser: Level, columns: usize): void {
  const window = sums.window;
  for (let y = window.y0; y < window.y1; y++) {
    const column = expandColumns(coarser, y, window.x0, window.x1, columns);
    const row = level.pixel(window.x0, y);
    addDetail(sums.row(y), row, row + 12, pixelBytes, column, window.x0, window.x1);
  }
}

/** Below this sum of weights a pixel is not covered by any layer, and is 0. */
const leastWeight: f32 = 1e-12;

/** Divides `count` sums by their weights, which stay. */
export function divideByWeight(sums: usize, count: i32): void {
  const end = sums + <usize>(count * pixelBytes);
  for (; sums < end; sums += pixelBytes) {
    const sum = v128.load(sums);
    const weight = v128.shuffle<f32>(sum, sum, 3, 3, 3, 3);
    const covered = f32x4.gt(weight, f32x4.splat(leastWeight));
    const mean = v128.and(f32x4.div(sum, f32x4.pmax(weight, f32x4.splat(leastWeight))), covered);
    v128.store(sums, v128.bitselect(sum, mean, i32x4(0, 0, 0, -1)));
  }
}

/** Adds the collapsed coarser level to the pixels x0 … x1 - 1 of a row; the sum of the weights stays. */
export function addExpanded(row: usize, column: usize, x0: i32, x1: i32): void {
  let before = v128.load(column - 16);
  let here = v128.load(column);
  for (let x = x0; x < x1; x++) {
    const after = v128.load(column, 16);
    const expanded = x & 1 ? oddPixel(here, after) : evenPixel(before, here, after);
    v128.store(row, f32x4.add(v128.load(row), v128.load_lane<f32>(factors, expanded, 3, 24)));
    row += 16;
    if (x & 1) {
      before = here;
      here = after;
      column += 16;
    }
  }
}

/** Collapses: adds the collapsed coarser level to the blended detail in `sums`. */
export function collapse(sums: Level, coarser: Level, columns: usize): void {
  const window = sums.window;
  for (let y = window.y0; y < window.y1; y++) {
    addExpanded(sums.row(y), expandColumns(coarser, y, window.x0, window.x1, columns), window.x0, window.x1);
  }
}
