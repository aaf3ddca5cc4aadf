// Decoders of one 8×8 block: sequential (T.81, F.2.2) and the four kinds of progressive scans (G.2).
import { BitReader, extend, lookUp } from "./huffman";
import { Component, naturalOrder } from "./picture";

/** What a progressive scan is about. */
export class Band {
  first: i32 = 0;
  last: i32 = 63;
  /** Bits that an earlier scan left out (0: this scan is the first of its band), and that this one still leaves out. */
  high: i32 = 0;
  low: i32 = 0;
  /** Blocks that are still to be passed over as the end of their band. */
  endOfBand: i32 = 0;
}

/** Decodes a whole block into the zeroed `block`; answers the highest position in zigzag order that was written. */
export function decodeBlock(
  reader: BitReader,
  component: Component,
  dc: usize,
  ac: usize,
  block: usize,
): i32 {
  component.prediction += reader.signed(reader.symbol(dc) & 15);
  store<i16>(block, <i16>component.prediction);
  let bits = reader.bits;
  let count = reader.count;
  let last = 0;
  for (let k = 1; k < 64; k++) {
    if (count < 32) {
      reader.bits = bits;
      reader.count = count;
      reader.refill();
      bits = reader.bits;
      count = reader.count;
    }
    const found = lookUp(ac, bits);
    const size = found & 15;
    const length = found >> 8;
    bits <<= <u64>length;
    count -= length;
    const run = (found >> 4) & 15;
    if (size == 0) {
      if (run != 15) break;
      k += 15;
      continue;
    }
    k += run;
    if (k > 63) break; // damaged: a run beyond the block
    const value = <i32>(bits >> <u64>(64 - size));
    bits <<= <u64>size;
    count -= size;
    store<i16>(block + ((<usize>load<u8>(naturalOrder + <usize>k)) << 1), <i16>extend(value, size));
    last = k;
  }
  reader.bits = bits;
  reader.count = count;
  return last;
}

export function decodeDcFirst(
  reader: BitReader,
  component: Component,
  dc: usize,
  band: Band,
  block: usize,
): void {
  component.prediction += reader.signed(reader.symbol(dc) & 15);
  store<i16>(block, <i16>(component.prediction << band.low));
}

export function decodeDcRefine(reader: BitReader, band: Band, block: usize): void {
  if (reader.read(1) != 0) store<i16>(block, load<i16>(block) | ((<i16>1) << (<i16>band.low)));
}

export function decodeAcFirst(reader: BitReader, ac: usize, band: Band, block: usize): void {
  if (band.endOfBand > 0) {
    band.endOfBand--;
    return;
  }
  for (let k = band.first; k <= band.last; k++) {
    const symbol = reader.symbol(ac);
    const size = symbol & 15;
    const run = symbol >> 4;
    if (size == 0) {
      if (run < 15) {
        band.endOfBand = (1 << run) - 1 + reader.read(run);
        return;
      }
      k += 15;
      continue;
    }
    k += run;
    const value = reader.signed(size) << band.low;
    if (k > 63) return; // damaged: a run beyond the block
    store<i16>(block + ((<usize>load<u8>(naturalOrder + <usize>k)) << 1), <i16>value);
  }
}

export function decodeAcRefine(reader: BitReader, ac: usize, band: Band, block: usize): void {
  let k = band.first;
  while (band.endOfBand == 0 && k <= band.last) {
    const symbol = reader.symbol(ac);
    let run = symbol >> 4;
    let value = 0;
    if ((symbol & 15) != 0) {
      value = reader.read(1) != 0 ? 1 << band.low : -(1 << band.low);
    } else if (run < 15) {
      band.endOfBand = (1 << run) + reader.read(run);
      break;
    }
    for (; k <= band.last; k++) {
      const at = block + ((<usize>load<u8>(naturalOrder + <usize>k)) << 1);
      if (load<i16>(at) != 0) refine(reader, band, at);
      else if (run-- == 0) {
        store<i16>(at, <i16>value);
        k++;
        break;
      }
    }
  }
  if (band.endOfBand == 0) return;
  for (; k <= band.last; k++) {
    const at = block + ((<usize>load<u8>(naturalOrder + <usize>k)) << 1);
    if (load<i16>(at) != 0) refine(reader, band, at);
  }
  band.endOfBand--;
}

/** One more bit for a coefficient that is not zero. */
function refine(reader: BitReader, band: Band, at: usize): void {
  if (reader.read(1) == 0) return;
  const value = <i32>load<i16>(at);
  const bit = 1 << band.low;
  if ((abs(value) & bit) == 0) store<i16>(at, <i16>(value > 0 ? value + bit : value - bit));
}
