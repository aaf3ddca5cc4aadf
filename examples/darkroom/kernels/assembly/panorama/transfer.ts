// The transfer function of sRGB (IEC 61966-2-1) as tables.
import { check, inputAddress, inputBytes } from "../abi";

function decode(value: f64): f64 {
  return value <= 0.04045 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4);
}

export function encode(light: f64): f64 {
  if (light >= 1) return 1;
  return light <= 0.0031308 ? light * 12.92 : 1.055 * Math.pow(light, 1 / 2.4) - 0.055;
}

/** `count` f32: the linear light of index / (count − 1). */
export function decodeTable(count: i32): usize {
  const table = heap.alloc(<usize>count * 4);
  for (let index = 0; index < count; index++) {
    store<f32>(table + ((<usize>index) << 2), <f32>decode(<f64>index / <f64>(count - 1)));
  }
  return table;
}

/** Steps of the table that applies a gain, from 0 to 1. */
const toneSteps: i32 = 4096;
const magic: u32 = 0x31544456; // "VDT1"
const toneHeader: usize = 8;
/** Magic, the gain as f32; then what each value becomes, f32, and the last one again. */
export const toneTableBytes: i32 = <i32>toneHeader + (toneSteps + 2) * 4;

/** What samples from 0 to 1 become by a gain of the linear light. */
export function toneTable(gain: f64): usize {
  const table = heap.alloc(<usize>toneTableBytes);
  store<u32>(table, magic);
  store<f32>(table, <f32>gain, 4);
  for (let index = 0; index <= toneSteps + 1; index++) {
    const value = <f64>min(index, toneSteps) / <f64>toneSteps;
    const toned = gain == 1 ? value : encode(decode(value) * gain);
    store<f32>(table + toneHeader + ((<usize>index) << 2), <f32>toned);
  }
  return table;
}

export function readTone(inputs: i32, inputCount: i32, index: i32): usize {
  const table = inputAddress(inputs, inputCount, index);
  const bytes = inputBytes(inputs, inputCount, index);
  check(bytes == toneTableBytes && load<u32>(table) == magic, "an input is no table of a gain");
  return table;
}

export function gainOf(tone: usize): f32 {
  return load<f32>(tone, 4);
}

/** The table's value, between its entries linearly, for `value` from 0 to 1. */
export function toned(tone: usize, value: f32): f32 {
  const place = value * <f32>toneSteps;
  const index = <i32>place;
  const entry = tone + toneHeader + ((<usize>index) << 2);
  const low = load<f32>(entry);
  return low + (load<f32>(entry, 4) - low) * (place - <f32>index);
}

/** The same for three values at once, with the same bits; the fourth lane is nothing. */
export function tonedColours(tone: usize, values: v128): v128 {
  const places = f32x4.mul(values, f32x4.splat(<f32>toneSteps));
  const indexes = i32x4.trunc_sat_f32x4_s(places);
  const entries = tone + toneHeader;
  const one = entries + ((<usize>i32x4.extract_lane(indexes, 0)) << 2);
  const two = entries + ((<usize>i32x4.extract_lane(indexes, 1)) << 2);
  const three = entries + ((<usize>i32x4.extract_lane(indexes, 2)) << 2);
  let low = v128.load32_zero(one);
  low = v128.load_lane<f32>(two, low, 1);
  low = v128.load_lane<f32>(three, low, 2);
  let high = v128.load32_zero(one, 4);
  high = v128.load_lane<f32>(two, high, 1, 4);
  high = v128.load_lane<f32>(three, high, 2, 4);
  const rest = f32x4.sub(places, f32x4.convert_i32x4_s(indexes));
  return f32x4.add(low, f32x4.mul(f32x4.sub(high, low), rest));
}
