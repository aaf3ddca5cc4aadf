// What tone mapping has to know about the whole picture: a histogram and, for local operators, a bilateral grid. Both are counted in
// integers, so the order in which tiles are counted does not matter.
import { check, inputAddress, inputBytes, integer, outputs, setOutput } from "../abi";
import { headerBytes, maxSide, newTile, sampleF32, tileBytes } from "../tile";
import { luminance, octaves, place, stepsPerOctave } from "./luminance";
import { zeroed } from "./numbers";
import { readRegion, Region, regionArguments, regionTile, storageSide } from "./region";

export const histogramBins: i32 = octaves * stepsPerOctave;
/** Bytes of one bin of a grid while it is counted: {u32 pixels, u32 sum of 1/256 octaves above the bin's lower end}. */
const binBytes: i32 = 8;

/**
 * Arguments: region (6, `readRegion`); shift of the grid's cells (3 … 10), 0 for none. Inputs: the region's tiles of radiance. Outputs: the
 * histogram of the luminance, 3,072 u32; the grid of the region, when asked for.
 */
export function toneStatistics(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const region = readRegion(args, argCount, 0, inputs, inputCount, 0);
  check(region.sample == sampleF32 && region.channels == 3, "radiance has three channels of f32");
  const shift = integer(args, argCount, regionArguments, 0, 10);
  check(shift == 0 || shift >= 3, "an argument is out of its range");
  const histogram = zeroed(histogramBins << 2);
  let grid: usize = 0;
  if (shift > 0) grid = zeroed(binBytes * octaves * gridWidth(region, shift) * gridHeight(region, shift));
  for (let index = 0; index < region.columns * region.rows; index++) {
    countTile(region, index, shift, histogram, grid);
  }
  const table = outputs(shift > 0 ? 2 : 1);
  setOutput(table, 0, histogram, histogramBins << 2);
  if (shift > 0) {
    setOutput(table, 1, grid, binBytes * octaves * gridWidth(region, shift) * gridHeight(region, shift));
  }
  return table;
}

function gridWidth(region: Region, shift: i32): i32 {
  return ((region.left + region.width - 1) >> shift) - (region.left >> shift) + 1;
}

function gridHeight(region: Region, shift: i32): i32 {
  return ((region.top + region.height - 1) >> shift) - (region.top >> shift) + 1;
}

function countTile(region: Region, index: i32, shift: i32, histogram: usize, grid: usize): void {
  const tile = regionTile(region, index);
  const left = region.left + (index % region.columns) * storageSide;
  const top = region.top + (index / region.columns) * storageSide;
  const width = shift > 0 ? gridWidth(region, shift) : 0;
  let from = tile.data;
  for (let y = 0; y < tile.height; y++) {
    const row = (((top + y) >> shift) - (region.top >> shift)) * width;
    for (let x = 0; x < tile.width; x++) {
      const at = place(luminance(load<f32>(from), load<f32>(from, 4), load<f32>(from, 8)));
      from += 12;
      const bin = histogram + ((<usize>(at >> 17)) << 2);
      store<u32>(bin, load<u32>(bin) + 1);
      if (grid == 0) continue;
      const cell = row + ((left + x) >> shift) - (region.left >> shift);
      const entry = grid + ((<usize>(cell * octaves + (at >> 23))) << 3);
      store<u32>(entry, load<u32>(entry) + 1);
      store<u32>(entry, load<u32>(entry, 4) + <u32>((at >> 15) & 255), 4);
    }
  }
}

/**
 * Adds up the grids of all regions and smooths the sum (Chen, Paris and Durand, Real-time edge-aware image processing with the bilateral
 * grid, 2007): [1 4 6 4 1] over cells and [1 2 1] over octaves.
 *
 * Arguments: width and height of the picture; shift of the cells; then for each input column, row, columns and rows of its region in
 * storage tiles. Inputs: grids of `toneStatistics`. Output: a table of f32, two channels {pixels, sum of places in 1/64 octaves}, as
 * wide as there are octaves and cells in a row, as high as there are rows of cells.
 */
export function toneGrid(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const frameWidth = integer(args, argCount, 0, 1, maxSide);
  const frameHeight = integer(args, argCount, 1, 1, maxSide);
  const shift = integer(args, argCount, 2, 3, 10);
  const width = gridCells(frameWidth, shift);
  const height = gridCells(frameHeight, shift);
  check(<i64>width * height <= 1 << 16, "a grid has too many cells");
  const count = width * height * octaves;
  const tile = newTile(sampleF32, 2, width * octaves, height);
  const sums = zeroed(count << 4);
  for (let index = 0; index < inputCount; index++) {
    const first = 3 + 4 * index;
    const left = integer(args, argCount, first, 0, (frameWidth - 1) / storageSide) * storageSide;
    const top = integer(args, argCount, first + 1, 0, (frameHeight - 1) / storageSide) * storageSide;
    const right = min(frameWidth, left + integer(args, argCount, first + 2, 1, 256) * storageSide);
    const bottom = min(frameHeight, top + integer(args, argCount, first + 3, 1, 256) * storageSide);
    const columns = ((right - 1) >> shift) - (left >> shift) + 1;
    const rows = ((bottom - 1) >> shift) - (top >> shift) + 1;
    check(
      inputBytes(inputs, inputCount, index) == columns * rows * octaves * binBytes,
      "a grid is not as large as its region",
    );
    const from = inputAddress(inputs, inputCount, index);
    for (let row = 0; row < rows; row++) {
      const cell = ((top >> shift) + row) * width + (left >> shift);
      addRow(
        from + <usize>(row * columns * octaves * binBytes),
        sums + ((<usize>(cell * octaves)) << 4),
        columns * octaves,
      );
    }
  }
  const plane = tile + headerBytes;
  for (let bin = 0; bin < count; bin++) {
    const entry = sums + ((<usize>bin) << 4);
    const pixels = <f64>load<u64>(entry);
    const steps = <f64>load<u64>(entry, 8) * 0.25 + pixels * <f64>((bin % octaves) * stepsPerOctave);
    store<f32>(plane + ((<usize>bin) << 3), <f32>pixels);
    store<f32>(plane + ((<usize>bin) << 3), <f32>steps, 4);
  }
  const scratch = heap.alloc((<usize>count) << 3);
  blur(plane, scratch, count, 1, octaves, false);
  blur(plane, scratch, count, octaves, width, true);
  blur(plane, scratch, count, octaves * width, height, true);
  const table = outputs(1);
  setOutput(table, 0, tile, tileBytes(sampleF32, 2, width * octaves, height));
  return table;
}

export function gridCells(size: i32, shift: i32): i32 {
  return ((size - 1) >> shift) + 1;
}

function addRow(from: usize, to: usize, bins: i32): void {
  for (let bin: usize = 0; bin < <usize>bins; bin++) {
    const entry = to + (bin << 4);
    store<u64>(entry, load<u64>(entry) + <u64>load<u32>(from + (bin << 3)));
    store<u64>(entry, load<u64>(entry, 8) + <u64>load<u32>(from + (bin << 3), 4), 8);
  }
}

/** Smooths along the direction whose neighbours lie `step` bins apart, `length` of them; beyond the ends there is nothing. */
function blur(plane: usize, scratch: usize, count: i32, step: i32, length: i32, wide: bool): void {
  memory.copy(scratch, plane, (<usize>count) << 3);
  for (let bin = 0; bin < count; bin++) {
    const along = (bin / step) % length;
    for (let value: usize = 0; value < 8; value += 4) {
      const at = scratch + ((<usize>bin) << 3) + value;
      const near = neighbour(at, along, -1, step, length) + neighbour(at, along, 1, step, length);
      const far: f32 = wide
        ? neighbour(at, along, -2, step, length) + neighbour(at, along, 2, step, length)
        : 0;
      const here = load<f32>(at);
      const sum: f32 = wide ? (here * 6 + near * 4 + far) * 0.0625 : (here * 2 + near) * 0.25;
      store<f32>(plane + ((<usize>bin) << 3) + value, sum);
    }
  }
}

function neighbour(at: usize, along: i32, offset: i32, step: i32, length: i32): f32 {
  const place = along + offset;
  return place < 0 || place >= length ? 0 : load<f32>(at + <usize>((offset * step) << 3));
}
