// Radiance becomes a picture for a screen.
import { argument, check, integer, outputs, setOutput } from "../abi";
import { headerBytes, newTile, sampleBytes, sampleF32, sampleU16, sampleU8, Tile, tileBytes } from "../tile";
import { curveEntries, luminance, octaves, place } from "./luminance";
import { readTable } from "./numbers";
import { readRegion, Region, regionArguments, regionTile, storageSide } from "./region";
import { gridCells } from "./tone-statistics";

/** The table of the transfer: octaves below 1, and entries for each. */
const transferOctaves: i32 = 10;
const transferSteps: i32 = 128;
const transferFirst: i32 = (127 - transferOctaves) << 23;
/** Below this (it is in the linear part of sRGB, as all of the first octave is), a line. */
const linearPart: f32 = 0.001;

/** What every pixel needs. */
@unmanaged
class Mapping {
  curve: usize;
  /** 0 for a global operator. */
  grid: usize;
  gridWidth: i32;
  gridHeight: i32;
  /** log2 of a cell's side. */
  shift: i32;
  saturation: f32;
  transfer: usize;
  wide: bool;
}

/**
 * Multiplies each pixel by the curve's gain at its luminance or, with a grid, at the luminance of its surroundings (the base layer of
 * the bilateral grid), which keeps local contrast. Then sRGB.
 *
 * Arguments: region (6, `readRegion`); bits of a sample (8 or 16); saturation (0 … 2, 1 leaves it); shift of the grid's cells, 0 for none. Inputs: the region's tiles
 * of radiance; the curve; the grid, if any. Output: for each tile one of u8 or u16, three channels.
 */
export function toneMap(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const region = readRegion(args, argCount, 0, inputs, inputCount, 0);
  check(region.sample == sampleF32 && region.channels == 3, "radiance has three channels of f32");
  const mapping = readMapping(region, args, argCount, inputs, inputCount);
  const sample = mapping.wide ? sampleU16 : sampleU8;
  const count = region.columns * region.rows;
  const table = outputs(count);
  for (let index = 0; index < count; index++) {
    const tile = regionTile(region, index);
    const mapped = newTile(sample, 3, tile.width, tile.height);
    const left = region.left + (index % region.columns) * storageSide;
    const top = region.top + (index / region.columns) * storageSide;
    for (let y = 0; y < tile.height; y++) {
      const to = mapped + headerBytes + <usize>(y * tile.width * 3 * sampleBytes(sample));
      mapRow(mapping, tile, y, left, top + y, to);
    }
    setOutput(table, index, mapped, tileBytes(sample, 3, tile.width, tile.height));
  }
  return table;
}

function readMapping(region: Region, args: i32, argCount: i32, inputs: i32, inputCount: i32): Mapping {
  const mapping = changetype<Mapping>(heap.alloc(offsetof<Mapping>()));
  const bits = integer(args, argCount, regionArguments, 8, 16);
  check(bits == 8 || bits == 16, "an argument is out of its range");
  const saturation = argument(args, argCount, regionArguments + 1);
  check(saturation >= 0 && saturation <= 2, "an argument is out of its range");
  mapping.wide = bits == 16;
  mapping.saturation = <f32>saturation;
  mapping.shift = integer(args, argCount, regionArguments + 2, 0, 10);
  const next = region.columns * region.rows;
  mapping.curve = readTable(inputs, inputCount, next, curveEntries, 1, 1).data;
  mapping.grid = 0;
  if (mapping.shift > 0) {
    mapping.gridWidth = gridCells(region.frameWidth, mapping.shift);
    mapping.gridHeight = gridCells(region.frameHeight, mapping.shift);
    const grid = readTable(inputs, inputCount, next + 1, mapping.gridWidth * octaves, mapping.gridHeight, 2);
    mapping.grid = grid.data;
  }
  mapping.transfer = transferTable(mapping.wide ? 65_535 : 255);
  return mapping;
}

/** sRGB's transfer on the scale of f32's bits, times `most`: pairs of value and difference to the next. */
function transferTable(most: f64): usize {
  const count = transferOctaves * transferSteps;
  const table = heap.alloc((<usize>(count + 1)) << 3);
  for (let entry = count; entry >= 0; entry--) {
    const value = <f64>reinterpret<f32>(transferFirst + entry * ((1 << 23) / transferSteps));
    const linear = value <= 0.0031308;
    const encoded = <f32>(most * (linear ? 12.92 * value : 1.055 * Math.pow(value, 1 / 2.4) - 0.055));
    const at = table + ((<usize>entry) << 3);
    store<f32>(at, encoded);
    store<f32>(at, entry < count ? load<f32>(at, 8) - encoded : 0, 4);
  }
  return table;
}

function mapRow(mapping: Mapping, tile: Tile, row: i32, left: i32, y: i32, to: usize): void {
  let from = tile.data + <usize>(row * tile.width * 12);
  const most: f32 = mapping.wide ? 65_535 : 255;
  for (let x = 0; x < tile.width; x++) {
    const red = load<f32>(from);
    const green = load<f32>(from, 4);
    const blue = load<f32>(from, 8);
    from += 12;
    const light = luminance(red, green, blue);
    let steps = <f32>place(light) * <f32>(1.0 / 131_072);
    if (mapping.grid != 0) steps = base(mapping, left + x, y, steps);
    const gain = gainAt(mapping.curve, steps);
    const grey = light * gain * (1 - mapping.saturation);
    const colour = gain * mapping.saturation;
    const r = encode(grey + red * colour, mapping.transfer, most);
    const g = encode(grey + green * colour, mapping.transfer, most);
    const b = encode(grey + blue * colour, mapping.transfer, most);
    if (mapping.wide) {
      store<u16>(to, <u16>r);
      store<u16>(to, <u16>g, 2);
      store<u16>(to, <u16>b, 4);
      to += 6;
    } else {
      store<u8>(to, <u8>r);
      store<u8>(to, <u8>g, 1);
      store<u8>(to, <u8>b, 2);
      to += 3;
    }
  }
}

function gainAt(curve: usize, steps: f32): f32 {
  const step = max(0, min(curveEntries - 2, <i32>steps));
  const at = curve + ((<usize>step) << 2);
  return load<f32>(at) + (load<f32>(at, 4) - load<f32>(at)) * (steps - <f32>step);
}

/** 0 … `most`, rounded; 0 for what is no number. */
function encode(value: f32, transfer: usize, most: f32): i32 {
  if (!(value > 0)) return 0;
  if (value <= linearPart) return <i32>(value * <f32>12.92 * most + 0.5);
  if (value >= 1) return <i32>most;
  const at = reinterpret<i32>(value) - transferFirst;
  const entry = transfer + ((<usize>(at >> 16)) << 3);
  return <i32>(load<f32>(entry) + load<f32>(entry, 4) * (<f32>(at & 65_535) * <f32>(1.0 / 65_536)) + 0.5);
}

/** The mean luminance (in steps of the curve) of what is near a pixel, in the picture and in brightness: trilinear in the grid. */
function base(mapping: Mapping, x: i32, y: i32, steps: f32): f32 {
  const cell = <f32>(1 << mapping.shift);
  const atX = (<f32>x + 0.5) / cell - 0.5;
  const atY = (<f32>y + 0.5) / cell - 0.5;
  const atZ = steps * <f32>(1.0 / 64) - 0.5;
  const left = <i32>floor<f32>(atX);
  const top = <i32>floor<f32>(atY);
  const low = <i32>floor<f32>(atZ);
  const shareX = atX - <f32>left;
  const shareY = atY - <f32>top;
  const shareZ = atZ - <f32>low;
  let sum = f32x4.splat(0);
  for (let corner = 0; corner < 4; corner++) {
    const column = max(0, min(mapping.gridWidth - 1, left + (corner & 1)));
    const row = max(0, min(mapping.gridHeight - 1, top + (corner >> 1)));
    const weight = ((corner & 1) != 0 ? shareX : 1 - shareX) * (corner > 1 ? shareY : 1 - shareY);
    const bins = mapping.grid + ((<usize>((row * mapping.gridWidth + column) * octaves)) << 3);
    const lower = v128.load64_zero(bins + ((<usize>max(0, low)) << 3));
    const upper = v128.load64_zero(bins + ((<usize>min(octaves - 1, low + 1)) << 3));
    const both = f32x4.add(f32x4.mul(lower, f32x4.splat(1 - shareZ)), f32x4.mul(upper, f32x4.splat(shareZ)));
    sum = f32x4.add(sum, f32x4.mul(both, f32x4.splat(weight)));
  }
  const pixels = f32x4.extract_lane(sum, 0);
  return pixels > <f32>1e-3 ? f32x4.extract_lane(sum, 1) / pixels : steps;
}
