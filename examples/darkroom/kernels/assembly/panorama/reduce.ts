// Smaller levels of a frame: boxes of factor × factor samples, averaged.
import { check, integer, outputs, setOutput } from "../abi";
import { headerBytes, newTile, readTile, sampleBytes, sampleU16, sampleU8, Tile, tileBytes } from "../tile";

/** Largest side of a tile of a frame. */
export const maxTileSide: i32 = 1024;

/** Argument `index` as the side of a frame's tiles, but for those at its right and lower edge. */
export function tileSide(args: i32, argCount: i32, index: i32): i32 {
  const side = integer(args, argCount, index, 64, maxTileSide);
  check((side & (side - 1)) == 0, "the side of tiles is a power of two");
  return side;
}

/**
 * `panoramaReduce(factor, side, columns, rows; tiles)`: one row of tiles of the smaller level out of at most `factor` rows of tiles. A box at the edge averages
 * what is there.
 */
export function panoramaReduce(args: i32, argCount: i32, inputs: i32, inputCount: i32): i32 {
  const factor = integer(args, argCount, 0, 1, 64);
  const side = tileSide(args, argCount, 1);
  const columns = integer(args, argCount, 2, 1, 256);
  const rows = integer(args, argCount, 3, 1, factor);
  check((factor & (factor - 1)) == 0, "a level is reduced by a power of two");
  check(inputCount == columns * rows, "the tiles are not as many as rows times columns");
  const count = (columns + factor - 1) / factor;
  const table = outputs(count);
  for (let index = 0; index < count; index++) {
    const first = index * factor;
    const last = min(first + factor, columns) - 1;
    reduceBlock(inputs, inputCount, side, columns, rows, factor, first, last, table, index);
  }
  return table;
}

function reduceBlock(
  inputs: i32,
  inputCount: i32,
  side: i32,
  columns: i32,
  rows: i32,
  factor: i32,
  first: i32,
  last: i32,
  table: i32,
  index: i32,
): void {
  const corner = readTile(inputs, inputCount, first);
  const wide = (last - first) * side + readTile(inputs, inputCount, last).width;
  const high = (rows - 1) * side + readTile(inputs, inputCount, (rows - 1) * columns + first).height;
  const width = (wide + factor - 1) / factor;
  const height = (high + factor - 1) / factor;
  const target = newTile(corner.sample, corner.channels, width, height);
  const pitch = width * corner.channels;
  const step = side / factor;
  for (let row = 0; row < rows; row++) {
    for (let column = first; column <= last; column++) {
      const tile = readTile(inputs, inputCount, row * columns + column);
      check(
        tile.sample == corner.sample &&
          tile.channels == corner.channels &&
          tile.width == (column < last ? side : wide - (last - first) * side) &&
          tile.height == (row < rows - 1 ? side : high - (rows - 1) * side),
        "the tiles do not fit together",
      );
      const offset =
        (row * step * pitch + (column - first) * step * tile.channels) * sampleBytes(tile.sample);
      const address = target + headerBytes + offset;
      if (tile.sample == sampleU8) reduceTile<u8>(tile, factor, address, pitch);
      else if (tile.sample == sampleU16) reduceTile<u16>(tile, factor, address, pitch);
      else reduceTile<f32>(tile, factor, address, pitch);
    }
  }
  setOutput(table, index, target, tileBytes(corner.sample, corner.channels, width, height));
}

/** Writes the averages of `tile`; a row of the target has `pitch` samples. */
export function reduceTile<T>(tile: Tile, factor: i32, target: usize, pitch: i32): void {
  const channels = tile.channels;
  for (let top = 0, row = 0; top < tile.height; top += factor, row++) {
    const high = min(factor, tile.height - top);
    for (let left = 0, column = 0; left < tile.width; left += factor, column++) {
      const wide = min(factor, tile.width - left);
      for (let channel = 0; channel < channels; channel++) {
        let sum: f64 = 0;
        for (let y = top; y < top + high; y++) {
          let at = tile.data + ((y * tile.width + left) * channels + channel) * <i32>sizeof<T>();
          for (let x = 0; x < wide; x++) {
            sum += <f64>load<T>(at);
            at += channels * <i32>sizeof<T>();
          }
        }
        const mean = sum / <f64>(wide * high);
        const out = target + (row * pitch + column * channels + channel) * <i32>sizeof<T>();
        if (isFloat<T>()) store<T>(out, <T>mean);
        else store<T>(out, <T>Math.floor(mean + 0.5));
      }
    }
  }
}
