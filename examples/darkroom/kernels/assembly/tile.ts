// Tile blobs: 16 bytes of header, then interleaved samples, row by row.
import { check, inputAddress, inputBytes } from "./abi";

export const tileMagic: u32 = 0x31545644;
export const headerBytes: usize = 16;
/** Kinds of samples. */
export const sampleU8: u32 = 1;
export const sampleU16: u32 = 2;
export const sampleF32: u32 = 3;
/** No image is larger in one direction: the sums of addresses stay far below 32 bits for a tile. */
export const maxSide: i32 = 65_536;

/** A checked look at a tile that lies in memory. */
@unmanaged
export class Tile {
  sample: u32;
  channels: i32;
  width: i32;
  height: i32;
  /** Address of the first sample. */
  data: usize;
}

export function sampleBytes(sample: u32): i32 {
  return sample == sampleU8 ? 1 : sample == sampleU16 ? 2 : 4;
}

/** Reads and checks the header of input `index`; a body of another length than the header says is refused. */
export function readTile(inputs: i32, count: i32, index: i32): Tile {
  const address = inputAddress(inputs, count, index);
  const bytes = inputBytes(inputs, count, index);
  check(bytes >= <i32>headerBytes && load<u32>(address) == tileMagic, "an input is no tile");
  const tile = changetype<Tile>(heap.alloc(offsetof<Tile>()));
  tile.sample = <u32>load<u16>(address, 4);
  tile.channels = <i32>load<u16>(address, 6);
  tile.width = <i32>load<u32>(address, 8);
  tile.height = <i32>load<u32>(address, 12);
  tile.data = address + headerBytes;
  check(
    tile.sample >= 1 && tile.sample <= 3 && tile.channels >= 1 && tile.channels <= 4,
    "a tile has samples that nobody knows",
  );
  check(
    tile.width > 0 && tile.width <= maxSide && tile.height > 0 && tile.height <= maxSide,
    "a tile is too large",
  );
  const body = <i64>tile.width * tile.height * tile.channels * sampleBytes(tile.sample);
  check(body == <i64>bytes - <i64>headerBytes, "a tile is not as long as it says");
  return tile;
}

/** Room for a tile with its header written; the samples begin `headerBytes` later. */
export function newTile(sample: u32, channels: i32, width: i32, height: i32): usize {
  const address = heap.alloc(<usize>tileBytes(sample, channels, width, height));
  store<u32>(address, tileMagic);
  store<u16>(address, <u16>sample, 4);
  store<u16>(address, <u16>channels, 6);
  store<u32>(address, <u32>width, 8);
  store<u32>(address, <u32>height, 12);
  return address;
}

export function tileBytes(sample: u32, channels: i32, width: i32, height: i32): i32 {
  return <i32>headerBytes + width * height * channels * sampleBytes(sample);
}
