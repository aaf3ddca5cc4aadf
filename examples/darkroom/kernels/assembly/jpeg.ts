// Entry of the JPEG codec: `decodeJpeg` lets a worker start from the photograph itself, so that no decoded pixel travels.
import { check, inputAddress, inputBytes, integer, outputs, setOutput } from "./abi";
import { Decoder } from "./jpeg/decode";
import { Encoder } from "./jpeg/encode";

export { allocate, failure } from "./abi";

/**
 * Input: one JPEG file. Args: EXIF orientation 1…8, side of a tile, level 0…5 (1/2^level the size: means of boxes).
 * Outputs: all tiles (RGB, u8), row by row. What is damaged or cut off fails with words.
 */
export function decodeJpeg(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const orientation = integer(args, argCount, 0, 1, 8);
  const side = integer(args, argCount, 1, 8, 4096);
  const level = integer(args, argCount, 2, 0, 5);
  const decoder = new Decoder(inputAddress(inputs, inputCount, 0), inputBytes(inputs, inputCount, 0));
  return decoder.decode(orientation, side, level);
}

/**
 * Inputs: the tiles (RGB, u8) of one band, row by row. Args: width and height of the picture, quality 1…100, chroma (0 = full,
 * 1 = half in both directions), the band's top and rows, the height of every band but the last, side of a tile. Output: the
 * band's piece of a baseline file; all pieces behind each other are the file, so bands can be encoded anywhere, in any order.
 */
export function encodeJpeg(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const width = integer(args, argCount, 0, 1, 65_535);
  const height = integer(args, argCount, 1, 1, 65_535);
  const quality = integer(args, argCount, 2, 1, 100);
  const halfChroma = integer(args, argCount, 3, 0, 1) == 1;
  const top = integer(args, argCount, 4, 0, height - 1);
  const rows = integer(args, argCount, 5, 1, height - top);
  const bandRows = integer(args, argCount, 6, 1, height);
  const side = integer(args, argCount, 7, 8, 4096);
  check(rows == min(bandRows, height - top), "a band of a JPEG does not fit the others");
  const encoder = new Encoder(width, height, quality, halfChroma, top, rows, side);
  encoder.read(inputs, inputCount);
  const table = outputs(1); // before the piece, which has the heap's end for itself
  const writer = encoder.write(bandRows);
  setOutput(table, 0, writer.start, <i32>(writer.position - writer.start));
  return table;
}
