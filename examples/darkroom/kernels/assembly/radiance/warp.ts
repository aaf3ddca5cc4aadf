// A part of a frame as the reference frame would have seen it.
import { argument, check, integer, outputs, setOutput } from "../abi";
import { headerBytes, maxSide, newTile, sampleBytes, sampleU16, sampleU8, Tile, tileBytes } from "../tile";
import { readRegion, Region, regionArguments, regionTile, storageSide } from "./region";

/** Pixels around the region that repeat its edge: the taps of a cubic reach so far. */
const ring: i32 = 2;
/** Positions are rounded to 1/256 px. */
const phases: f64 = 256;
/** Positions further out than this are moved in: they are beyond every frame. */
const farAway: f64 = 1_048_576;
const maxOutputSide: i32 = 4_096;

/** q = (a·x + b·y + e, c·x + d·y + f), in pixels, the centre of the first pixel being (0, 0). */
@unmanaged
class Affine {
  a: f64;
  b: f64;
  c: f64;
  d: f64;
  e: f64;
  f: f64;
}

/**
 * Samples by Catmull–Rom cubics (Keys 1981, a = −1/2) at positions of 1/256 px; outside, the frame's edge repeats. The mask is 255
 * inside, 0 outside, and rises over `feather` px from the edge. Positions follow from the place in the picture alone, so any
 * tiling gives the same bits.
 *
 * Arguments: region (6, `readRegion`); x, y, width, height of the part, x and y multiples of 256; a, b, c, d, e, f, which map a pixel
 * of the part to the frame; feather (px, 0: none). Inputs: the region's tiles. Outputs: tiles of the part, row by row, then as many masks.
 */
export function warp(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const region = readRegion(args, argCount, 0, inputs, inputCount, 0);
  check(region.sample == sampleU8 || region.sample == sampleU16, "a frame has samples of 8 or 16 bits");
  const x = integer(args, argCount, regionArguments, 0, maxSide);
  const y = integer(args, argCount, regionArguments + 1, 0, maxSide);
  const width = integer(args, argCount, regionArguments + 2, 1, maxOutputSide);
  const height = integer(args, argCount, regionArguments + 3, 1, maxOutputSide);
  check(x % storageSide == 0 && y % storageSide == 0, "a part begins where a tile does");
  const affine = readAffine(args, argCount, regionArguments + 4);
  const feather = <f64>integer(args, argCount, regionArguments + 10, 0, 4_096);
  checkReach(region, affine, x, y, width, height);
  const source = widened(region);
  const weights = cubicWeights();
  const columns = (width + storageSide - 1) / storageSide;
  const rows = (height + storageSide - 1) / storageSide;
  const table = outputs(2 * columns * rows);
  for (let index = 0; index < columns * rows; index++) {
    const left = (index % columns) * storageSide;
    const top = (index / columns) * storageSide;
    const tileWidth = min(storageSide, width - left);
    const tileHeight = min(storageSide, height - top);
    const tile = newTile(region.sample, region.channels, tileWidth, tileHeight);
    const mask = newTile(sampleU8, 1, tileWidth, tileHeight);
    for (let row = 0; row < tileHeight; row++) {
      warpRow(region, affine, source, weights, feather, x + left, y + top + row, tileWidth, row, tile, mask);
    }
    setOutput(table, index, tile, tileBytes(region.sample, region.channels, tileWidth, tileHeight));
    setOutput(table, columns * rows + index, mask, tileBytes(sampleU8, 1, tileWidth, tileHeight));
  }
  return table;
}

function readAffine(args: i32, argCount: i32, first: i32): Affine {
  const affine = changetype<Affine>(heap.alloc(offsetof<Affine>()));
  for (let index = 0; index < 6; index++) {
    const value = argument(args, argCount, first + index);
    check(abs(value) <= (index < 4 ? 16 : <f64>maxSide), "a transform is out of its range");
    store<f64>(changetype<usize>(affine) + ((<usize>index) << 3), value);
  }
  return affine;
}

/** A position in 1/256 px, kept within half a pixel of the frame. */
function position(value: f64, size: i32): i32 {
  const near = max(-0.5, min(<f64>size - 0.5, max(-farAway, min(farAway, value))));
  return <i32>Math.floor(near * phases + 0.5);
}

/** A transform is linear, so what it reaches is known from the corners. */
function checkReach(region: Region, affine: Affine, x: i32, y: i32, width: i32, height: i32): void {
  for (let corner = 0; corner < 4; corner++) {
    const cx = <f64>(x + ((corner & 1) != 0 ? width - 1 : 0));
    const cy = <f64>(y + (corner > 1 ? height - 1 : 0));
    const qx = position(affine.a * cx + (affine.b * cy + affine.e), region.frameWidth) >> 8;
    const qy = position(affine.c * cx + (affine.d * cy + affine.f), region.frameHeight) >> 8;
    check(
      reaches(qx, region.left, region.width, region.frameWidth) &&
        reaches(qy, region.top, region.height, region.frameHeight),
      "the tiles do not reach as far as the transform does",
    );
  }
}

function reaches(first: i32, start: i32, size: i32, frame: i32): bool {
  return (first - 1 >= start || start == 0) && (first + 2 < start + size || start + size == frame);
}

/** The region as f32 of four channels, with a ring that repeats its edge. */
function widened(region: Region): usize {
  const stride = region.width + 2 * ring;
  const rows = region.height + 2 * ring;
  const source = heap.alloc((<usize>(stride * rows)) << 4);
  for (let index = 0; index < region.columns * region.rows; index++) {
    const tile = regionTile(region, index);
    const left = (index % region.columns) * storageSide + ring;
    const top = (index / region.columns) * storageSide + ring;
    for (let y = 0; y < tile.height; y++) {
      const to = source + ((<usize>((top + y) * stride + left)) << 4);
      widenRow(tile, y, to);
    }
  }
  for (let y = ring; y < rows - ring; y++) {
    const row = source + ((<usize>(y * stride)) << 4);
    const first = v128.load(row, ring << 4);
    const last = v128.load(row + ((<usize>(stride - ring - 1)) << 4));
    for (let x: usize = 0; x < <usize>ring; x++) {
      v128.store(row + (x << 4), first);
      v128.store(row + ((<usize>stride - 1 - x) << 4), last);
    }
  }
  const rowBytes = (<usize>stride) << 4;
  for (let y: usize = 0; y < <usize>ring; y++) {
    memory.copy(source + y * rowBytes, source + <usize>ring * rowBytes, rowBytes);
    memory.copy(
      source + (<usize>rows - 1 - y) * rowBytes,
      source + <usize>(rows - 1 - ring) * rowBytes,
      rowBytes,
    );
  }
  return source;
}

function widenRow(tile: Tile, y: i32, to: usize): void {
  const channels = tile.channels;
  const wide = tile.sample == sampleU16;
  const step = <usize>(channels * sampleBytes(tile.sample));
  let from = tile.data + <usize>(y * tile.width) * step;
  for (let x = 0; x < tile.width; x++) {
    for (let channel = 0; channel < channels; channel++) {
      const value = wide
        ? <f32>load<u16>(from + ((<usize>channel) << 1))
        : <f32>load<u8>(from + <usize>channel);
      store<f32>(to + ((<usize>channel) << 2), value);
    }
    from += step;
    to += 16;
  }
}

/** Four taps for each of 256 phases, each tap four times: 16 KiB. */
function cubicWeights(): usize {
  const table = heap.alloc(256 << 6);
  for (let phase = 0; phase < 256; phase++) {
    const t = <f64>phase / 256;
    const entry = table + ((<usize>phase) << 6);
    v128.store(entry, f32x4.splat(<f32>(t * (-0.5 + t * (1 - 0.5 * t)))));
    v128.store(entry, f32x4.splat(<f32>(1 + t * t * (-2.5 + 1.5 * t))), 16);
    v128.store(entry, f32x4.splat(<f32>(t * (0.5 + t * (2 - 1.5 * t)))), 32);
    v128.store(entry, f32x4.splat(<f32>(t * t * (-0.5 + 0.5 * t))), 48);
  }
  return table;
}

function warpRow(
  region: Region,
  affine: Affine,
  source: usize,
  weights: usize,
  feather: f64,
  x: i32,
  y: i32,
  width: i32,
  row: i32,
  tile: usize,
  mask: usize,
): void {
  const stride = (<usize>(region.width + 2 * ring)) << 4;
  const channels = region.channels;
  const wide = region.sample == sampleU16;
  const most = f32x4.splat(wide ? 65_535 : 255);
  const rowX = affine.b * <f64>y + affine.e;
  const rowY = affine.d * <f64>y + affine.f;
  let to = tile + headerBytes + <usize>(row * width * channels * sampleBytes(region.sample));
  const maskRow = mask + headerBytes + <usize>(row * width);
  for (let column = 0; column < width; column++) {
    const px = affine.a * <f64>(x + column) + rowX;
    const py = affine.c * <f64>(x + column) + rowY;
    store<u8>(maskRow + <usize>column, coverage(px, py, region, feather));
    const qx = position(px, region.frameWidth);
    const qy = position(py, region.frameHeight);
    const tapX = (<usize>((qx >> 8) - 1 - region.left + ring)) << 4;
    const tapY = <usize>((qy >> 8) - 1 - region.top + ring) * stride;
    const wx = weights + ((<usize>(qx & 255)) << 6);
    const wy = weights + ((<usize>(qy & 255)) << 6);
    let at = source + tapY + tapX;
    let sum = f32x4.mul(cubicRow(at, wx), v128.load(wy));
    at += stride;
    sum = f32x4.add(sum, f32x4.mul(cubicRow(at, wx), v128.load(wy, 16)));
    at += stride;
    sum = f32x4.add(sum, f32x4.mul(cubicRow(at, wx), v128.load(wy, 32)));
    at += stride;
    sum = f32x4.add(sum, f32x4.mul(cubicRow(at, wx), v128.load(wy, 48)));
    const rounded = f32x4.add(sum, f32x4.splat(0.5));
    const value = i32x4.trunc_sat_f32x4_s(f32x4.max(f32x4.splat(0), f32x4.min(most, rounded)));
    to = storePixel(to, value, channels, wide);
  }
}

function cubicRow(at: usize, weights: usize): v128 {
  const left = f32x4.add(
    f32x4.mul(v128.load(at), v128.load(weights)),
    f32x4.mul(v128.load(at, 16), v128.load(weights, 16)),
  );
  const right = f32x4.add(
    f32x4.mul(v128.load(at, 32), v128.load(weights, 32)),
    f32x4.mul(v128.load(at, 48), v128.load(weights, 48)),
  );
  return f32x4.add(left, right);
}

function storePixel(to: usize, value: v128, channels: i32, wide: bool): usize {
  if (wide) {
    store<u16>(to, <u16>i32x4.extract_lane(value, 0));
    if (channels > 1) store<u16>(to, <u16>i32x4.extract_lane(value, 1), 2);
    if (channels > 2) store<u16>(to, <u16>i32x4.extract_lane(value, 2), 4);
    if (channels > 3) store<u16>(to, <u16>i32x4.extract_lane(value, 3), 6);
    return to + ((<usize>channels) << 1);
  }
  store<u8>(to, <u8>i32x4.extract_lane(value, 0));
  if (channels > 1) store<u8>(to, <u8>i32x4.extract_lane(value, 1), 1);
  if (channels > 2) store<u8>(to, <u8>i32x4.extract_lane(value, 2), 2);
  if (channels > 3) store<u8>(to, <u8>i32x4.extract_lane(value, 3), 3);
  return to + <usize>channels;
}

/** How much the frame knows about a position: 0 … 255. */
function coverage(x: f64, y: f64, region: Region, feather: f64): u8 {
  const across = min(x, <f64>(region.frameWidth - 1) - x);
  const down = min(y, <f64>(region.frameHeight - 1) - y);
  const inside = min(across, down);
  if (inside < -0.5) return 0;
  if (feather == 0) return 255;
  return <u8>min(255, Math.floor((max(0, inside + 0.5) * 255) / feather + 0.5));
}
