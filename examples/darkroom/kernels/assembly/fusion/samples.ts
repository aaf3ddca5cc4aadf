// Rows of pixels from storage tiles of any kind: f32 from 0 to 1, red, green, blue and a factor of the weight.
import { Tile, sampleBytes, sampleF32, sampleU8 } from "../tile";
import { pixelBytes } from "./pyramid";

/** A tile and where its first pixel lies in the picture. */
export class PlacedTile {
  constructor(
    public tile: Tile,
    public x: i32,
    public y: i32,
  ) {}
}

/** Samples are not taken further from 0: sums and products of them stay finite. */
const greatest: f32 = 1_048_576;

/**
 * Writes the pixels x0 … x1 - 1 of row `y` to `out`, as far as the tile has them; the others are left as they are. Answers how many it had. Samples are held within
 * `low` … `high`, and what is not a number becomes 0.
 */
export function readPixels(placed: PlacedTile, y: i32, x0: i32, x1: i32, out: usize, unitRange: bool): i32 {
  const tile = placed.tile;
  const from = max(placed.x, x0);
  const to = min(placed.x + tile.width, x1);
  if (y < placed.y || y >= placed.y + tile.height || from >= to) return 0;
  const first = (y - placed.y) * tile.width + (from - placed.x);
  const source = tile.data + <usize>(first * tile.channels * sampleBytes(tile.sample));
  const at = out + <usize>((from - x0) * pixelBytes);
  if (tile.sample == sampleU8 && tile.channels == 3) readBytes(source, to - from, at);
  else readAny(tile, source, to - from, at, unitRange);
  return to - from;
}

/** Which bytes of a load of four RGB pixels are the lanes of each; 255 gives 0. Loaded, as the factors in pyramid.ts are. */
const lanes = memory.data<u8>([
  0, 255, 255, 255, 1, 255, 255, 255, 2, 255, 255, 255, 255, 255, 255, 255, 3, 255, 255, 255, 4, 255, 255,
  255, 5, 255, 255, 255, 255, 255, 255, 255, 6, 255, 255, 255, 7, 255, 255, 255, 8, 255, 255, 255, 255, 255,
  255, 255, 9, 255, 255, 255, 10, 255, 255, 255, 11, 255, 255, 255, 255, 255, 255, 255,
]);
/** Multiplied and added: 1/255 for the colours, and 1 for the factor of the weight. */
const unit = memory.data<f32>([1.0 / 255.0, 1.0 / 255.0, 1.0 / 255.0, 0, 0, 0, 0, 1]);

function toPixel(bytes: v128, lanes: v128): v128 {
  const whole = f32x4.convert_i32x4_s(i8x16.swizzle(bytes, lanes));
  return f32x4.add(f32x4.mul(whole, v128.load(unit)), v128.load(unit, 16));
}

function readBytes(source: usize, count: i32, out: usize): void {
  const first = v128.load(lanes);
  const second = v128.load(lanes, 16);
  const third = v128.load(lanes, 32);
  const fourth = v128.load(lanes, 48);
  let left = count;
  // Each load reads four bytes more than it uses; the kernel's own memory follows every input.
  for (; left >= 4; left -= 4) {
    const bytes = v128.load(source);
    v128.store(out, toPixel(bytes, first));
    v128.store(out, toPixel(bytes, second), 16);
    v128.store(out, toPixel(bytes, third), 32);
    v128.store(out, toPixel(bytes, fourth), 48);
    source += 12;
    out += 64;
  }
  for (; left > 0; left--) {
    const bytes = i32x4.replace_lane(
      i32x4.splat(0),
      0,
      load<u16>(source) | ((<i32>load<u8>(source, 2)) << 16),
    );
    v128.store(out, toPixel(bytes, first));
    source += 3;
    out += pixelBytes;
  }
}

function readAny(tile: Tile, source: usize, count: i32, out: usize, unitRange: bool): void {
  const step = <usize>sampleBytes(tile.sample);
  const channels = tile.channels;
  const low = f32x4.splat(unitRange ? 0 : -greatest);
  const high = f32x4.splat(unitRange ? 1 : greatest);
  for (let i = 0; i < count; i++) {
    const red = sampleAt(tile.sample, source);
    const green = channels >= 3 ? sampleAt(tile.sample, source + step) : red;
    const blue = channels >= 3 ? sampleAt(tile.sample, source + 2 * step) : red;
    const weight = channels == 4 ? weightAt(tile.sample, source + 3 * step) : <f32>1;
    const pixel = f32x4(red, green, blue, weight);
    v128.store(out, f32x4.pmin(f32x4.pmax(pixel, low), high));
    source += step * channels;
    out += pixelBytes;
  }
}

function sampleAt(sample: u32, address: usize): f32 {
  if (sample == sampleU8) return <f32>load<u8>(address) * <f32>(1.0 / 255.0);
  if (sample != sampleF32) return <f32>load<u16>(address) * <f32>(1.0 / 65535.0);
  const value = load<f32>(address);
  return value == value ? value : 0;
}

function weightAt(sample: u32, address: usize): f32 {
  return min(max(sampleAt(sample, address), <f32>0), <f32>1);
}

/** Writes the factors x0 … x1 - 1 of row `y` of a mask to `out`, as far as the tile has them. */
export function readMask(placed: PlacedTile, y: i32, x0: i32, x1: i32, out: usize): void {
  const tile = placed.tile;
  const from = max(placed.x, x0);
  const to = min(placed.x + tile.width, x1);
  if (y < placed.y || y >= placed.y + tile.height) return;
  const step = sampleBytes(tile.sample);
  for (let x = from; x < to; x++) {
    const first = (y - placed.y) * tile.width + (x - placed.x);
    store<f32>(out + ((<usize>(x - x0)) << 2), weightAt(tile.sample, tile.data + <usize>(first * step)));
  }
}
