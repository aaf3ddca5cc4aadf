// What moved between a frame and the reference frame, and the masks that follow from it.
import { argument, check, integer, outputs, setOutput } from "../abi";
import { headerBytes, maxSide, newTile, readTile, sampleU16, sampleU8, Tile, tileBytes } from "../tile";
import { zeroed } from "./numbers";
import { storageSide } from "./region";
import { readResponse } from "./response";
import { channels } from "./response-samples";

/** A sample above says only that something is at least so bright. */
const white: i32 = 249;
/** A cell whose mean tone is below says only that something is at most so bright: what noise and the end of the scale leave there is no measure. */
const dark: i32 = 12;
/** Standard deviation of a sample's noise, in tones of 255, that is taken for granted. */
const noise: f64 = 2;
/** What rounding, and a response that is not quite right, may do to a cell's mean, in tones. */
const slack: f64 = 0.75;
/** Steps of a score for one stop. */
const stepsPerStop: f64 = 32;
/** The neutral value of a painted mask. */
const unpainted: i32 = 128;

/** Sums over one cell and one channel. */
@unmanaged
class Cell {
  pixels: f64;
  /** Pixels that neither frame clips, and their tones, light and slopes. */
  shared: f64;
  firstTones: f64;
  secondTones: f64;
  first: f64;
  second: f64;
  firstSlope: f64;
  secondSlope: f64;
  /** Bounds of the light of all pixels. */
  firstLow: f64;
  firstHigh: f64;
  secondLow: f64;
  secondHigh: f64;
  /** Light of a dark tone. */
  darkLight: f64;
}

/**
 * How many stops the cells of a frame differ from the reference by, beyond what noise explains. A saturated sample bounds the radiance from
 * below and a black one from above, so a frame that sees more than the reference does not disagree with it.
 *
 * Arguments: shift (a cell is 2^shift px wide, 2 … 5); exposure of the reference; exposure of the frame. Inputs: the response; then for each place the
 * reference's tile and the frame's. Output: for each place the scores of its cells as a tile of u8, 32 for a stop.
 */
export function ghostCells(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const shift = integer(args, argCount, 0, 2, 5);
  const firstExposure = argument(args, argCount, 1);
  const secondExposure = argument(args, argCount, 2);
  check(firstExposure > 1e-12 && firstExposure < 1e12, "an exposure is out of its range");
  check(secondExposure > 1e-12 && secondExposure < 1e12, "an exposure is out of its range");
  const response = readResponse(inputs, inputCount, 0);
  check((inputCount & 1) == 1, "a tile of a frame is missing");
  const slopes = slopesOf(response);
  const count = (inputCount - 1) / 2;
  const table = outputs(count);
  const cell = changetype<Cell>(heap.alloc(offsetof<Cell>()));
  for (let index = 0; index < count; index++) {
    const first = readFrameTile(inputs, inputCount, 1 + 2 * index);
    const second = readFrameTile(inputs, inputCount, 2 + 2 * index);
    check(
      first.width == second.width && first.height == second.height,
      "the tiles of one place are not alike",
    );
    const size = 1 << shift;
    const width = (first.width + size - 1) >> shift;
    const height = (first.height + size - 1) >> shift;
    const scores = newTile(sampleU8, 1, width, height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let gap: f64 = 0;
        for (let channel = 0; channel < channels; channel++) {
          addUp(cell, first, second, response, slopes, channel, x << shift, y << shift, size);
          gap = max(gap, gapOf(cell, firstExposure, secondExposure));
        }
        store<u8>(scores + headerBytes + <usize>(y * width + x), <u8>min(255, gap * stepsPerStop));
      }
    }
    setOutput(table, index, scores, tileBytes(sampleU8, 1, width, height));
  }
  return table;
}

function readFrameTile(inputs: i32, inputCount: i32, index: i32): Tile {
  const tile = readTile(inputs, inputCount, index);
  check(tile.sample == sampleU8 || tile.sample == sampleU16, "a frame has samples of 8 or 16 bits");
  check(tile.channels >= channels, "a frame has three colours");
  check(tile.width <= storageSide && tile.height <= storageSide, "a tile is too large");
  return tile;
}

/** How much the response grows for one tone, as f32 beside each of its entries. */
function slopesOf(response: Tile): usize {
  const slopes = heap.alloc((256 * channels) << 2);
  for (let z = 0; z < 256; z++) {
    const low = max(0, z - 1);
    const high = min(255, z + 1);
    for (let channel = 0; channel < channels; channel++) {
      const above = load<f32>(response.data + ((<usize>(high * channels + channel)) << 2));
      const below = load<f32>(response.data + ((<usize>(low * channels + channel)) << 2));
      store<f32>(slopes + ((<usize>(z * channels + channel)) << 2), (above - below) / <f32>(high - low));
    }
  }
  return slopes;
}

function addUp(
  cell: Cell,
  first: Tile,
  second: Tile,
  response: Tile,
  slopes: usize,
  channel: i32,
  left: i32,
  top: i32,
  size: i32,
): void {
  memory.fill(changetype<usize>(cell), 0, offsetof<Cell>());
  const right = min(left + size, first.width);
  const bottom = min(top + size, first.height);
  const leastWhite = <f64>load<f32>(response.data + ((<usize>(white * channels + channel)) << 2));
  cell.darkLight = <f64>load<f32>(response.data + ((<usize>(dark * channels + channel)) << 2));
  cell.pixels = <f64>((right - left) * (bottom - top));
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const a = toneAt(first, x, y, channel);
      const b = toneAt(second, x, y, channel);
      const entryA = (<usize>(a * channels + channel)) << 2;
      const entryB = (<usize>(b * channels + channel)) << 2;
      const valueA = <f64>load<f32>(response.data + entryA);
      const valueB = <f64>load<f32>(response.data + entryB);
      cell.firstLow += min(leastWhite, valueA);
      cell.firstHigh += a > white ? Infinity : valueA;
      cell.secondLow += min(leastWhite, valueB);
      cell.secondHigh += b > white ? Infinity : valueB;
      if (a > white || b > white) continue;
      cell.shared += 1;
      cell.firstTones += <f64>a;
      cell.secondTones += <f64>b;
      cell.first += valueA;
      cell.second += valueB;
      cell.firstSlope += <f64>load<f32>(slopes + entryA);
      cell.secondSlope += <f64>load<f32>(slopes + entryB);
    }
  }
}

/** Tones of 8 bits. */
function toneAt(tile: Tile, x: i32, y: i32, channel: i32): i32 {
  const index = <usize>((y * tile.width + x) * tile.channels + channel);
  if (tile.sample == sampleU8) return <i32>load<u8>(tile.data + index);
  return <i32>load<u8>(tile.data + (index << 1), 1);
}

/** Stops between what the two frames say, less what noise explains. */
function gapOf(cell: Cell, firstExposure: f64, secondExposure: f64): f64 {
  const ratio = secondExposure / firstExposure;
  if (cell.shared * 4 >= cell.pixels) {
    const most = cell.darkLight * cell.shared;
    const firstDark = cell.firstTones < <f64>dark * cell.shared;
    const secondDark = cell.secondTones < <f64>dark * cell.shared;
    if (firstDark && secondDark) return 0;
    if (firstDark) return beyond(cell.second / (most * ratio));
    if (secondDark) return beyond((cell.first * ratio) / most);
    const doubt = slack + (3 * noise) / Math.sqrt(cell.shared);
    const a = (doubt * cell.firstSlope) / cell.first;
    const b = (doubt * cell.secondSlope) / cell.second;
    const gap = abs(Math.log2((cell.first * ratio) / cell.second));
    return max(0, gap - Math.sqrt(a * a + b * b) * Math.LOG2E);
  }
  const most = cell.darkLight * cell.pixels;
  const brighter = (cell.firstLow * ratio) / max(most, cell.secondHigh);
  const darker = cell.secondLow / (max(most, cell.firstHigh) * ratio);
  return beyond(max(brighter, darker));
}

/** Stops by which a bound is passed; a fifth of one is the least that counts. */
function beyond(ratio: f64): f64 {
  return ratio > 1 ? max(0, Math.log2(ratio) - 0.2) : 0;
}

/**
 * Turns a frame's scores into a field of 255 (agrees) to 0 (moved): cells above the threshold, and those above half of it that touch them; groups of fewer than
 * `leastCells` are noise; the rest grows by two cells and gets soft edges.
 *
 * Arguments: shift; width and height of the frame; threshold (in 1/32 stop, 1 … 255); least cells (1 … 1,000). Inputs: the scores of
 * every storage tile, row by row. Output: the field, one tile of u8, a sample for each cell.
 */
export function ghostField(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const shift = integer(args, argCount, 0, 2, 5);
  const frameWidth = integer(args, argCount, 1, 1, maxSide);
  const frameHeight = integer(args, argCount, 2, 1, maxSide);
  const threshold = integer(args, argCount, 3, 1, 255);
  const leastCells = integer(args, argCount, 4, 1, 1_000);
  const width = cells(frameWidth, shift);
  const height = cells(frameHeight, shift);
  check(<i64>width * height <= 1 << 24, "there are too many cells");
  const scores = heap.alloc(<usize>(width * height));
  const columns = (frameWidth + storageSide - 1) / storageSide;
  check(
    inputCount == columns * ((frameHeight + storageSide - 1) / storageSide),
    "a tile of scores is missing",
  );
  const side = storageSide >> shift;
  for (let index = 0; index < inputCount; index++) {
    const tile = readTile(inputs, inputCount, index);
    const left = (index % columns) * side;
    const top = (index / columns) * side;
    check(
      tile.sample == sampleU8 &&
        tile.channels == 1 &&
        tile.width == min(side, width - left) &&
        tile.height == min(side, height - top),
      "a tile of scores is not what its place asks for",
    );
    for (let y = 0; y < tile.height; y++) {
      const to = scores + <usize>((top + y) * width + left);
      memory.copy(to, tile.data + <usize>(y * tile.width), <usize>tile.width);
    }
  }
  const moved = groups(scores, width, height, threshold, leastCells);
  const field = newTile(sampleU8, 1, width, height);
  grown(moved, field + headerBytes, width, height, 2);
  soften(field + headerBytes, moved, width, height);
  soften(field + headerBytes, moved, width, height);
  const table = outputs(1);
  setOutput(table, 0, field, tileBytes(sampleU8, 1, width, height));
  return table;
}

function cells(size: i32, shift: i32): i32 {
  return (size + (1 << shift) - 1) >> shift;
}

/** 1 for cells of groups that are large enough and have a strong one among them, else 0. */
function groups(scores: usize, width: i32, height: i32, threshold: i32, leastCells: i32): usize {
  const count = width * height;
  const seen = zeroed(count);
  const moved = zeroed(count);
  const list = heap.alloc((<usize>count) << 2);
  for (let start = 0; start < count; start++) {
    if (<i32>load<u8>(scores + <usize>start) < threshold || load<u8>(seen + <usize>start) != 0) continue;
    let found = 1;
    store<i32>(list, start);
    store<u8>(seen + <usize>start, 1);
    for (let next = 0; next < found; next++) {
      const cell = load<i32>(list + ((<usize>next) << 2));
      const x = cell % width;
      const y = cell / width;
      for (let nearY = max(0, y - 1); nearY <= min(height - 1, y + 1); nearY++) {
        for (let nearX = max(0, x - 1); nearX <= min(width - 1, x + 1); nearX++) {
          const near = nearY * width + nearX;
          if (load<u8>(seen + <usize>near) != 0) continue;
          if (<i32>load<u8>(scores + <usize>near) * 2 < threshold) continue;
          store<u8>(seen + <usize>near, 1);
          store<i32>(list + ((<usize>found) << 2), near);
          found++;
        }
      }
    }
    if (found < leastCells) continue;
    for (let next = 0; next < found; next++) {
      store<u8>(moved + <usize>load<i32>(list + ((<usize>next) << 2)), 1);
    }
  }
  return moved;
}

/** Writes 0 within `radius` cells of what moved, 255 elsewhere. */
function grown(moved: usize, field: usize, width: i32, height: i32, radius: i32): void {
  memory.fill(field, 255, <usize>(width * height));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (load<u8>(moved + <usize>(y * width + x)) == 0) continue;
      for (let nearY = max(0, y - radius); nearY <= min(height - 1, y + radius); nearY++) {
        for (let nearX = max(0, x - radius); nearX <= min(width - 1, x + radius); nearX++) {
          store<u8>(field + <usize>(nearY * width + nearX), 0);
        }
      }
    }
  }
}

/** [1 2 1]/4 in both directions; the edge repeats. `scratch` has as many bytes. */
function soften(field: usize, scratch: usize, width: i32, height: i32): void {
  for (let y = 0; y < height; y++) {
    const row = field + <usize>(y * width);
    for (let x = 0; x < width; x++) {
      const left = <u32>load<u8>(row + <usize>max(0, x - 1));
      const right = <u32>load<u8>(row + <usize>min(width - 1, x + 1));
      const sum = left + 2 * <u32>load<u8>(row + <usize>x) + right + 2;
      store<u8>(scratch + <usize>(y * width + x), <u8>(sum >> 2));
    }
  }
  for (let y = 0; y < height; y++) {
    const above = scratch + <usize>(max(0, y - 1) * width);
    const row = scratch + <usize>(y * width);
    const below = scratch + <usize>(min(height - 1, y + 1) * width);
    for (let x: usize = 0; x < <usize>width; x++) {
      const sum = <u32>load<u8>(above + x) + 2 * <u32>load<u8>(row + x) + <u32>load<u8>(below + x) + 2;
      store<u8>(field + <usize>(y * width) + x, <u8>(sum >> 2));
    }
  }
}

/**
 * Masks of a frame's storage tiles: the field between its cells, less what the frame does not cover, changed by what the user painted: 128
 * leaves the value, 0 forbids the frame and 255 forces it (where it covers), in between in proportion.
 *
 * Arguments: shift; width and height of the frame; 1 when a field is given; 1 when coverage is; 1 when a painted mask is; then for
 * each tile its column and row. Inputs: the field; then for each tile its coverage and its paint, as far as they are given, as u8.
 * Output: a tile of u8 for each.
 */
export function ghostMask(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const shift = integer(args, argCount, 0, 2, 5);
  const frameWidth = integer(args, argCount, 1, 1, maxSide);
  const frameHeight = integer(args, argCount, 2, 1, maxSide);
  const hasField = integer(args, argCount, 3, 0, 1);
  const hasCoverage = integer(args, argCount, 4, 0, 1);
  const hasPaint = integer(args, argCount, 5, 0, 1);
  check(((argCount - 6) & 1) == 0, "a place of a tile is missing");
  const count = (argCount - 6) / 2;
  check(inputCount == hasField + count * (hasCoverage + hasPaint), "a mask is missing");
  let field: usize = 0;
  if (hasField == 1)
    field = maskAt(inputs, inputCount, 0, cells(frameWidth, shift), cells(frameHeight, shift));
  const table = outputs(count);
  let input = hasField;
  for (let index = 0; index < count; index++) {
    const left = integer(args, argCount, 6 + 2 * index, 0, (frameWidth - 1) / storageSide) * storageSide;
    const top = integer(args, argCount, 7 + 2 * index, 0, (frameHeight - 1) / storageSide) * storageSide;
    const width = min(storageSide, frameWidth - left);
    const height = min(storageSide, frameHeight - top);
    const coverage = hasCoverage == 1 ? maskAt(inputs, inputCount, input++, width, height) : 0;
    const paint = hasPaint == 1 ? maskAt(inputs, inputCount, input++, width, height) : 0;
    const mask = newTile(sampleU8, 1, width, height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const pixel = <usize>(y * width + x);
        let value = field == 0 ? 255 : fieldAt(field, shift, frameWidth, frameHeight, left + x, top + y);
        if (paint != 0) value = painted(value, <i32>load<u8>(paint + pixel));
        if (coverage != 0) value = (value * <i32>load<u8>(coverage + pixel) + 127) / 255;
        store<u8>(mask + headerBytes + pixel, <u8>value);
      }
    }
    setOutput(table, index, mask, tileBytes(sampleU8, 1, width, height));
  }
  return table;
}

function maskAt(inputs: i32, inputCount: i32, index: i32, width: i32, height: i32): usize {
  const tile = readTile(inputs, inputCount, index);
  check(
    tile.sample == sampleU8 && tile.channels == 1 && tile.width == width && tile.height == height,
    "a mask is not as large as its tile",
  );
  return tile.data;
}

function painted(value: i32, paint: i32): i32 {
  if (paint <= unpainted) return (value * paint + 64) / unpainted;
  return value + ((255 - value) * (paint - unpainted) + 63) / (255 - unpainted);
}

/** Bilinear between the centres of the cells, in integers. */
function fieldAt(field: usize, shift: i32, frameWidth: i32, frameHeight: i32, x: i32, y: i32): i32 {
  const width = cells(frameWidth, shift);
  const height = cells(frameHeight, shift);
  // Twice the distance from the first centre, in pixels: a cell is 2^(shift + 1) wide.
  const atX = max(0, 2 * x + 1 - (1 << shift));
  const atY = max(0, 2 * y + 1 - (1 << shift));
  const size = 2 << shift;
  const left = min(width - 1, atX >> (shift + 1));
  const top = min(height - 1, atY >> (shift + 1));
  const right = min(width - 1, left + 1);
  const bottom = min(height - 1, top + 1);
  const shareX = atX & (size - 1);
  const shareY = atY & (size - 1);
  const upper = between(field + <usize>(top * width), left, right, shareX, size);
  const lower = between(field + <usize>(bottom * width), left, right, shareX, size);
  return (upper * (size - shareY) + lower * shareY + ((size * size) >> 1)) >> (2 * (shift + 1));
}

function between(row: usize, left: i32, right: i32, share: i32, size: i32): i32 {
  return <i32>load<u8>(row + <usize>left) * (size - share) + <i32>load<u8>(row + <usize>right) * share;
}
