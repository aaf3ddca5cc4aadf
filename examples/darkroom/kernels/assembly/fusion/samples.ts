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

const opaque = f32x4(0, 0, 0, 1);

function readBytes(source: usize, count: i32, out: usize): void {
  const scale = f32x4.splat(1.0 / 255.0);
  const zero = i32x4.splat(0);
  let left = count;
  // Each load reads four bytes more than it uses; the kernel's own memory follows every input.
  for (; left >= 4; left -= 4) {
    const bytes = v128.load(source);
    const a = v128.shuffle<u8>(bytes, zero, 0, 16, 16, 16, 1, 16, 16, 16, 2, 16, 16, 16, 16, 16, 16, 16);
    const b = v128.shuffle<u8>(bytes, zero, 3, 16, 16, 16, 4, 16, 16, 16, 5, 16, 16, 16, 16, 16, 16, 16);
    const c = v128.shuffle<u8>(bytes, zero, 6, 16, 16, 16, 7, 16, 16, 16, 8, 16, 16, 16, 16, 16, 16, 16);
    const d = v128.shuffle<u8>(bytes, zero, 9, 16, 16, 16, 10, 16, 16, 16, 11, 16, 16, 16, 16, 16, 16, 16);
    v128.store(out, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(a), scale), opaque));
    v128.store(out, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(b), scale), opaque), 16);
    v128.store(out, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(c), scale), opaque), 32);
    v128.store(out, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(d), scale), opaque), 48);
    source += 12;
    out += 64;
  }
  for (; left > 0; left--) {
    const whole = i32x4(load<u8>(source), load<u8>(source, 1), load<u8>(source, 2), 0);
    v128.store(out, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(whole), scale), opaque));
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
    v128.store(out, f32x4.min(f32x4.max(pixel, low), high));
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
