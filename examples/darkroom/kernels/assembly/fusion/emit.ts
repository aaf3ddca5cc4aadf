// From sums to samples.
import { sampleF32, sampleU16, sampleU8 } from "../tile";
import { countPixel } from "./histogram";
import { pixelBytes } from "./pyramid";

/** fusionUp's fourth kind: u16 in fixed point, `value = (R + 1/2) · 32,768`, so that what lies outside 0 … 1 is kept for the normalisation. */
export const emitFixed: i32 = 4;
const fixedScale: f32 = 32_768;
const fixedOffset: f32 = 16_384;

/** The kind of the samples of a tile that is emitted as `kind`. */
export function sampleOf(kind: i32): u32 {
  return kind == emitFixed ? sampleU16 : <u32>kind;
}

/** Loaded, as the factors in pyramid.ts are: 255, 0, and 2^23, which leaves the nearest whole number in the lowest bits; and which bytes of four pixels are RGB. */
const unit = memory.data<f32>([255, 0, 8_388_608]);
const lowest = memory.data<i32>([255]);
const colours = memory.data<u8>([0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255]);

/** 0 … 255 in each lane. */
function toWhole(sum: usize): v128 {
  const most = v128.load_splat<f32>(unit);
  const scaled = f32x4.pmax(f32x4.mul(v128.load(sum), most), v128.load_splat<f32>(unit, 4));
  const shifted = f32x4.add(f32x4.pmin(scaled, most), v128.load_splat<f32>(unit, 8));
  return v128.and(shifted, v128.load_splat<i32>(lowest));
}

/** RGB of 8 bits; the common case. */
function emitBytes(sums: usize, count: i32, to: usize): usize {
  const order = v128.load(colours);
  let left = count;
  for (; left >= 4; left -= 4) {
    const low = i16x8.narrow_i32x4_s(toWhole(sums), toWhole(sums + 16));
    const high = i16x8.narrow_i32x4_s(toWhole(sums + 32), toWhole(sums + 48));
    const four = i8x16.swizzle(i8x16.narrow_i16x8_u(low, high), order);
    v128.store_lane<u64>(to, four, 0);
    v128.store_lane<u32>(to, four, 2, 8);
    sums += 64;
    to += 12;
  }
  for (; left > 0; left--) {
    const whole = toWhole(sums);
    const narrow = i16x8.narrow_i32x4_s(whole, whole);
    const bytes = i8x16.narrow_i16x8_u(narrow, narrow);
    v128.store_lane<u16>(to, bytes, 0);
    v128.store_lane<u8>(to, bytes, 2, 2);
    sums += pixelBytes;
    to += 3;
  }
  return to;
}

/**
 * Writes `count` pixels as `kind` with 3 or 4 channels; answers the address after them. `histograms` is that of the two histograms, for fixed point.
 */
export function emitRow(
  sums: usize,
  count: i32,
  kind: i32,
  channels: i32,
  histograms: usize,
  to: usize,
): usize {
  if (kind == <i32>sampleU8 && channels == 3) return emitBytes(sums, count, to);
  const offset: f32 = kind == emitFixed ? fixedOffset : 0;
  const scale: f32 = kind == emitFixed ? fixedScale : kind == <i32>sampleU8 ? 255 : 65_535;
  const greatest = f32x4.splat(kind == <i32>sampleU8 ? 255 : 65_535);
  const end = sums + <usize>(count * pixelBytes);
  for (; sums < end; sums += pixelBytes) {
    const covered = load<f32>(sums, 12) > 0;
    if (kind == <i32>sampleF32) {
      store<f32>(to, load<f32>(sums));
      store<f32>(to, load<f32>(sums, 4), 4);
      store<f32>(to, load<f32>(sums, 8), 8);
      if (channels == 4) store<f32>(to, covered ? 1 : 0, 12);
      to += 4 * channels;
      continue;
    }
    const scaled = f32x4.add(f32x4.mul(v128.load(sums), f32x4.splat(scale)), f32x4.splat(offset + 0.5));
    const bounded = f32x4.pmin(f32x4.pmax(scaled, f32x4.splat(0)), greatest);
    const whole = i32x4.trunc_sat_f32x4_u(bounded);
    if (kind == <i32>sampleU8) {
      v128.store_lane<u8>(to, whole, 0);
      v128.store_lane<u8>(to, whole, 4, 1);
      v128.store_lane<u8>(to, whole, 8, 2);
      if (channels == 4) store<u8>(to, covered ? 255 : 0, 3);
      to += channels;
    } else {
      v128.store_lane<u16>(to, whole, 0);
      v128.store_lane<u16>(to, whole, 2, 2);
      v128.store_lane<u16>(to, whole, 4, 4);
      if (channels == 4) store<u16>(to, covered ? 65_535 : 0, 6);
      to += 2 * channels;
      if (kind == emitFixed) countPixel(histograms, whole);
    }
  }
  return to;
}
