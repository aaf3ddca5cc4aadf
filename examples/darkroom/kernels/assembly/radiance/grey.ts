// The first step of registration: a small grey picture of a frame, made tile by tile.
import { check, integer, outputs, setOutput } from "../abi";
import { headerBytes, newTile, readTile, sampleU16, sampleU8, Tile, tileBytes } from "../tile";

/**
 * Halves each tile `shift` times by averaging (an incomplete last block counts with the pixels it has) and takes green twice,
 * red and blue once: what AlignMTB does, in integers. One u8 tile for each input; u16 keeps its upper byte.
 *
 * Arguments: shift (0 … 6). Inputs: tiles of a frame, u8 or u16, 1, 3 or 4 channels.
 */
export function grey(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const shift = integer(args, argCount, 0, 0, 6);
  const table = outputs(inputCount);
  for (let index = 0; index < inputCount; index++) {
    const tile = readTile(inputs, inputCount, index);
    check(tile.sample == sampleU8 || tile.sample == sampleU16, "a frame has samples of 8 or 16 bits");
    check(tile.channels != 2, "a frame has one colour or three");
    const size = 1 << shift;
    const width = (tile.width + size - 1) >> shift;
    const height = (tile.height + size - 1) >> shift;
    const small = newTile(sampleU8, 1, width, height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const value = block(tile, x << shift, y << shift, size);
        store<u8>(small + headerBytes + <usize>(y * width + x), value);
      }
    }
    setOutput(table, index, small, tileBytes(sampleU8, 1, width, height));
  }
  return table;
}

/** Mean grey of the part of a block that lies in the tile. */
function block(tile: Tile, left: i32, top: i32, size: i32): u8 {
  const right = min(left + size, tile.width);
  const bottom = min(top + size, tile.height);
  let sum: u32 = 0;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) sum += quadruple(tile, y * tile.width + x);
  }
  const count = (<u32>((right - left) * (bottom - top))) << 2;
  return <u8>((sum + (count >> 1)) / count);
}

/** Four times the grey of a pixel, in 8 bits. */
function quadruple(tile: Tile, pixel: i32): u32 {
  const first = <usize>(pixel * tile.channels);
  if (tile.sample == sampleU8) {
    const at = tile.data + first;
    if (tile.channels == 1) return (<u32>load<u8>(at)) << 2;
    return <u32>load<u8>(at) + ((<u32>load<u8>(at, 1)) << 1) + <u32>load<u8>(at, 2);
  }
  const at = tile.data + (first << 1);
  if (tile.channels == 1) return (<u32>load<u8>(at, 1)) << 2;
  return <u32>load<u8>(at, 1) + ((<u32>load<u8>(at, 3)) << 1) + <u32>load<u8>(at, 5);
}
