// Robust normalisation: the darkest and the brightest so many percent of the pixels are clipped, the rest is stretched ("Simplest Color Balance", Limare et al., IPOL
// 2011; for colours as in Hessel, IPOL 2018: a pixel counts by its greatest and its least channel). The histograms have one bin for each value of 16 bits, so the order
// statistics are exact, and sums of them do not depend on any order.
import { check, inputAddress, inputBytes } from "../abi";
import { Tile, newTile, sampleBytes, sampleU16, sampleU8 } from "../tile";

const bins: i32 = 65_536;
/** Two histograms of u32: of each pixel's least channel, then of its greatest. */
export const histogramBytes: i32 = 2 * bins * 4;

export function newHistograms(): usize {
  const address = heap.alloc(<usize>histogramBytes);
  memory.fill(address, 0, <usize>histogramBytes);
  return address;
}

/** Counts a pixel of three whole numbers below 65,536. */
export function countPixel(histograms: usize, pixel: v128): void {
  const red = i32x4.extract_lane(pixel, 0);
  const green = i32x4.extract_lane(pixel, 1);
  const blue = i32x4.extract_lane(pixel, 2);
  const least = histograms + ((<usize>min(red, min(green, blue))) << 2);
  const greatest = histograms + ((<usize>bins + <usize>max(red, max(green, blue))) << 2);
  store<u32>(least, load<u32>(least) + 1);
  store<u32>(greatest, load<u32>(greatest) + 1);
}

/** The sum of all inputs, which are histograms. */
export function sumHistograms(inputs: i32, inputCount: i32): usize {
  const sum = newHistograms();
  for (let i = 0; i < inputCount; i++) {
    check(inputBytes(inputs, inputCount, i) == histogramBytes, "an input is no pair of histograms");
    const address = inputAddress(inputs, inputCount, i);
    for (let at: usize = 0; at < <usize>histogramBytes; at += 16) {
      v128.store(sum + at, i32x4.add(v128.load(sum + at), v128.load(address + at)));
    }
  }
  return sum;
}

/** The value of the pixel that is number `rank`, from 1, in ascending order. */
function valueAt(histogram: usize, rank: i64): i32 {
  let seen: i64 = 0;
  for (let value = 0; value < bins; value++) {
    seen += load<u32>(histogram + ((<usize>value) << 2));
    if (seen >= rank) return value;
  }
  return bins - 1;
}

function pixelsIn(histogram: usize): i64 {
  let sum: i64 = 0;
  for (let value = 0; value < bins; value++) sum += load<u32>(histogram + ((<usize>value) << 2));
  return sum;
}

/** Writes {u32 low, u32 high}, the values that become black and white when so many percent are clipped at each end. */
export function limitsOf(histograms: usize, blackPercent: f64, whitePercent: f64): usize {
  const pixels = pixelsIn(histograms);
  check(pixels > 0, "the histograms are empty");
  const count = <f64>pixels;
  const low = <i64>Math.floor(1 + (blackPercent * count) / 100);
  const high = <i64>Math.ceil(count - (whitePercent * count) / 100);
  const address = heap.alloc(8);
  store<u32>(address, valueAt(histograms, min(low, pixels)));
  store<u32>(address, valueAt(histograms + ((<usize>bins) << 2), max<i64>(high, 1)), 4);
  return address;
}

/** Stretches a tile in fixed point to `sample`; the fourth channel stays what it is. */
export function stretch(tile: Tile, low: i32, high: i32, sample: u32): usize {
  check(tile.sample == sampleU16 && tile.channels >= 3, "the tile is not in fixed point");
  const address = newTile(sample, tile.channels, tile.width, tile.height);
  const table = stretchTable(low, high, sample);
  const step = <usize>sampleBytes(sample);
  const count = tile.width * tile.height * tile.channels;
  let to = address + 16;
  for (let i = 0; i < count; i++) {
    const value = load<u16>(tile.data + ((<usize>i) << 1));
    const isAlpha = tile.channels == 4 && (i & 3) == 3;
    const stretched = isAlpha
      ? sample == sampleU8
        ? value >> 8
        : value
      : load<u16>(table + ((<usize>value) << 1));
    if (sample == sampleU8) store<u8>(to, <u8>stretched);
    else store<u16>(to, stretched);
    to += step;
  }
  return address;
}

/** What each of the 65,536 values becomes. A picture of one value stays that value. */
function stretchTable(low: i32, high: i32, sample: u32): usize {
  const greatest: f64 = sample == sampleU8 ? 255 : 65_535;
  const table = heap.alloc(<usize>(bins * 2));
  for (let value = 0; value < bins; value++) {
    const share = high > low ? <f64>(value - low) / <f64>(high - low) : <f64>(high - 16_384) / <f64>32_768;
    store<u16>(table + ((<usize>value) << 1), <u16>(min(max(share, 0), 1) * greatest + 0.5));
  }
  return table;
}
