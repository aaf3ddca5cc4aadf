// Gaussian and Laplacian pyramids (Burt, Adelson 1983) with the taps 1 4 6 4 1. A pixel is one vector of four f32: red, green, blue and weight; the
// weight is halved with the colours, and no lane ever needs a shuffle. Halving reflects at the picture's edge, expanding repeats it.
import { check } from "../abi";
import { Window } from "./window";

/** Bytes of a pixel. */
export const pixelBytes: i32 = 16;
/** Pixels before and after a row of columns that hold what lies over the edge. */
const margin: i32 = 2;

/** The window of one level that is held in memory, row by row. */
export class Level {
  constructor(
    public window: Window,
    public fullWidth: i32,
    public fullHeight: i32,
    public data: usize,
  ) {}

  /** Address of the first pixel of the window's row `y`. */
  row(y: i32): usize {
    return this.data + <usize>((y - this.window.y0) * this.window.width * pixelBytes);
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

export function newLevel(window: Window, fullWidth: i32, fullHeight: i32): Level {
  const bytes = <i64>window.width * window.height * pixelBytes;
  check(bytes <= maxLevelBytes, "a level is too large for one task: K is too small");
  return new Level(window, fullWidth, fullHeight, heap.alloc(<usize>bytes));
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

/**
 * One row of the next coarser level, pixels x0 … x1 - 1, from five rows (`r0` … `r4`) of the finer one, which hold the pixels `fineX0` … `fineX1` - 1 of
 * `fineWidth`.
 */
export function halveRows(
  out: usize,
  x0: i32,
  x1: i32,
  r0: usize,
  r1: usize,
  r2: usize,
  r3: usize,
  r4: usize,
  fineX0: i32,
  fineX1: i32,
  fineWidth: i32,
  columns: usize,
): void {
  const four = f32x4.splat(4);
  const six = f32x4.splat(6);
  const bytes = <usize>((fineX1 - fineX0) * pixelBytes);
  for (let at: usize = 0; at < bytes; at += pixelBytes) {
    const outer = f32x4.add(v128.load(r0 + at), v128.load(r4 + at));
    const inner = f32x4.add(v128.load(r1 + at), v128.load(r3 + at));
    const sum = f32x4.add(outer, f32x4.mul(inner, four));
    v128.store(columns + at, f32x4.add(sum, f32x4.mul(v128.load(r2 + at), six)));
  }
  if (fineX0 == 0) {
    v128.store(columns - 16, v128.load(columns));
    v128.store(columns - 32, v128.load(columns + <usize>(reflected(-2, fineWidth) * pixelBytes)));
  }
  if (fineX1 == fineWidth) {
    const last = columns + bytes - 16;
    v128.store(last + 16, v128.load(last));
    const mirrored = reflected(fineWidth + 1, fineWidth) - fineX0;
    v128.store(last + 32, v128.load(columns + <usize>(mirrored * pixelBytes)));
  }
  const scale = f32x4.splat(1.0 / 256.0);
  let center = columns + <usize>((2 * x0 - fineX0) * pixelBytes);
  const end = out + <usize>((x1 - x0) * pixelBytes);
  for (let to = out; to < end; to += pixelBytes) {
    const outer = f32x4.add(v128.load(center - 32), v128.load(center + 32));
    const inner = f32x4.add(v128.load(center - 16), v128.load(center + 16));
    const sum = f32x4.add(outer, f32x4.mul(inner, four));
    v128.store(to, f32x4.mul(f32x4.add(sum, f32x4.mul(v128.load(center), six)), scale));
    center += 32;
  }
}

/** Fills `coarse`, the next level after `fine`. */
export function halve(fine: Level, coarse: Level, columns: usize): void {
  const window = coarse.window;
  const height = fine.fullHeight;
  for (let y = window.y0; y < window.y1; y++) {
    halveRows(
      coarse.row(y),
      window.x0,
      window.x1,
      fine.row(reflected(2 * y - 2, height)),
      fine.row(reflected(2 * y - 1, height)),
      fine.row(2 * y),
      fine.row(reflected(2 * y + 1, height)),
      fine.row(reflected(2 * y + 2, height)),
      fine.window.x0,
      fine.window.x1,
      fine.fullWidth,
      columns,
    );
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
    const four = f32x4.splat(4);
    for (let at: usize = 0; at < count; at += pixelBytes) {
      const sum = f32x4.add(v128.load(here + at), v128.load(below + at));
      v128.store(columns + at, f32x4.mul(sum, four));
    }
  } else {
    const above = coarse.pixel(from, max(row - 1, 0));
    const six = f32x4.splat(6);
    for (let at: usize = 0; at < count; at += pixelBytes) {
      const sum = f32x4.add(v128.load(above + at), v128.load(below + at));
      v128.store(columns + at, f32x4.add(sum, f32x4.mul(v128.load(here + at), six)));
    }
  }
  if (x0 >> 1 == 0) v128.store(columns - 16, v128.load(columns));
  v128.store(columns + count, v128.load(columns + count - 16)); // only read where the level ends
  return columns + <usize>(((x0 >> 1) - from) * pixelBytes);
}

function evenPixel(column: usize): v128 {
  const outer = f32x4.add(v128.load(column - 16), v128.load(column + 16));
  const sum = f32x4.add(outer, f32x4.mul(v128.load(column), f32x4.splat(6)));
  return f32x4.mul(sum, f32x4.splat(1.0 / 64.0));
}

function oddPixel(column: usize): v128 {
  return f32x4.mul(f32x4.add(v128.load(column), v128.load(column + 16)), f32x4.splat(4.0 / 64.0));
}

/** sum += weight · detail, and the weight itself to the fourth lane. */
function addWeighted(sum: usize, pixel: v128, detail: v128): void {
  const weight = v128.shuffle<f32>(pixel, pixel, 3, 3, 3, 3);
  const withOne = v128.bitselect(f32x4.splat(1), detail, i32x4(0, 0, 0, -1));
  v128.store(sum, f32x4.add(v128.load(sum), f32x4.mul(weight, withOne)));
}

/** Adds a frame's weighted detail, `row` less what its coarser level expands to, to `sums`: both hold the pixels x0 … x1 - 1. */
export function addDetail(sums: usize, row: usize, column: usize, x0: i32, x1: i32): void {
  let x = x0;
  if (x & 1) {
    const pixel = v128.load(row);
    addWeighted(sums, pixel, f32x4.sub(pixel, oddPixel(column)));
    x++;
    row += 16;
    sums += 16;
    column += 16;
  }
  for (; x + 1 < x1; x += 2) {
    const even = v128.load(row);
    addWeighted(sums, even, f32x4.sub(even, evenPixel(column)));
    const odd = v128.load(row, 16);
    addWeighted(sums + 16, odd, f32x4.sub(odd, oddPixel(column)));
    row += 32;
    sums += 32;
    column += 16;
  }
  if (x < x1) {
    const pixel = v128.load(row);
    addWeighted(sums, pixel, f32x4.sub(pixel, evenPixel(column)));
  }
}

/** Adds a frame's weighted pixels: the coarsest level has no detail. */
export function addWhole(sums: Level, level: Level): void {
  const bytes = <usize>sums.bytes;
  for (let at: usize = 0; at < bytes; at += pixelBytes) {
    const pixel = v128.load(level.data + at);
    addWeighted(sums.data + at, pixel, pixel);
  }
}

/** Adds a frame's weighted detail of one level to `sums`, in the window of these. */
export function addLevel(sums: Level, level: Level, coarser: Level, columns: usize): void {
  const window = sums.window;
  for (let y = window.y0; y < window.y1; y++) {
    const column = expandColumns(coarser, y, window.x0, window.x1, columns);
    addDetail(sums.row(y), level.pixel(window.x0, y), column, window.x0, window.x1);
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
    const mean = v128.and(f32x4.div(sum, f32x4.max(weight, f32x4.splat(leastWeight))), covered);
    v128.store(sums, v128.bitselect(sum, mean, i32x4(0, 0, 0, -1)));
  }
}

/** Adds the collapsed coarser level to the pixels x0 … x1 - 1 of a row; the sum of the weights stays. */
export function addExpanded(row: usize, column: usize, x0: i32, x1: i32): void {
  const colours = i32x4(-1, -1, -1, 0);
  for (let x = x0; x < x1; x++) {
    const expanded = x & 1 ? oddPixel(column) : evenPixel(column);
    v128.store(row, f32x4.add(v128.load(row), v128.and(expanded, colours)));
    row += 16;
    if (x & 1) column += 16;
  }
}

/** Collapses: adds the collapsed coarser level to the blended detail in `sums`. */
export function collapse(sums: Level, coarser: Level, columns: usize): void {
  const window = sums.window;
  for (let y = window.y0; y < window.y1; y++) {
    addExpanded(sums.row(y), expandColumns(coarser, y, window.x0, window.x1, columns), window.x0, window.x1);
  }
}
