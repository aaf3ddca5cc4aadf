// A level that comes as its grid of stored tiles, read as a whole.
import { check } from "../abi";
import { headerBytes, newTile, readTile, sampleU16, sampleU8, Tile } from "../tile";
import { reduceTile } from "./reduce";
import { at, newPlane, Plane } from "./plane";

/** Pixels of a level that is read as a whole. */
const maxLevelPixels: i32 = 1 << 22;
/** How much smaller the thumbnail is, in each direction. */
export const thumbFactor: i32 = 4;

@unmanaged
export class Level {
  grey: Plane;
  /** A tile of u8 with three channels, `thumbFactor` times smaller. */
  thumb: usize;
  thumbWidth: i32;
  thumbHeight: i32;
}

/** Reads `count` tiles of `side` pixels in rows of `columns`. They are u8 or u16, with 1, 3 or 4 channels. */
export function readLevel(inputs: i32, count: i32, side: i32, columns: i32): Level {
  check(count > 0 && count % columns == 0, "the tiles are not as many as rows times columns");
  const rows = count / columns;
  const last = readTile(inputs, count, count - 1);
  const width = (columns - 1) * side + last.width;
  const height = (rows - 1) * side + last.height;
  check(<i64>width * height <= <i64>maxLevelPixels, "a level is too large to look for features");
  const level = changetype<Level>(heap.alloc(offsetof<Level>()));
  level.grey = newPlane(width, height);
  level.thumbWidth = (width + thumbFactor - 1) / thumbFactor;
  level.thumbHeight = (height + thumbFactor - 1) / thumbFactor;
  level.thumb = newTile(sampleU8, 3, level.thumbWidth, level.thumbHeight);
  const colour = changetype<Tile>(heap.alloc(offsetof<Tile>()));
  colour.data = heap.alloc(<usize>(side * side * 3));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const tile = readTile(inputs, count, row * columns + column);
      check(
        tile.sample == last.sample &&
          tile.channels == last.channels &&
          tile.width == (column < columns - 1 ? side : last.width) &&
          tile.height == (row < rows - 1 ? side : last.height) &&
          tile.width <= side &&
          tile.height <= side,
        "the tiles do not fit together",
      );
      toColour(tile, colour);
      greyInto(colour, level.grey, column * side, row * side);
      const step = side / thumbFactor;
      const place = (row * step * level.thumbWidth + column * step) * 3;
      reduceTile<u8>(colour, thumbFactor, level.thumb + headerBytes + place, level.thumbWidth * 3);
    }
  }
  return level;
}

/** Any tile as u8 with three channels. */
function toColour(tile: Tile, colour: Tile): void {
  check(tile.sample == sampleU8 || tile.sample == sampleU16, "features are looked for in whole numbers");
  check(tile.channels != 2, "features are looked for in grey or colour");
  colour.sample = sampleU8;
  colour.channels = 3;
  colour.width = tile.width;
  colour.height = tile.height;
  for (let index = 0; index < tile.width * tile.height; index++) {
    for (let channel = 0; channel < 3; channel++) {
      const from = index * tile.channels + (tile.channels == 1 ? 0 : channel);
      const sample =
        tile.sample == sampleU8 ? load<u8>(tile.data + from) : load<u8>(tile.data + (from << 1), 1);
      store<u8>(colour.data + (index * 3 + channel), sample);
    }
  }
}

function greyInto(colour: Tile, grey: Plane, left: i32, top: i32): void {
  for (let y = 0; y < colour.height; y++) {
    for (let x = 0; x < colour.width; x++) {
      const from = colour.data + (y * colour.width + x) * 3;
      const sum = 77 * <i32>load<u8>(from) + 150 * <i32>load<u8>(from, 1) + 29 * <i32>load<u8>(from, 2);
      store<f32>(at(grey, left + x, top + y), <f32>sum / 256);
    }
  }
}
