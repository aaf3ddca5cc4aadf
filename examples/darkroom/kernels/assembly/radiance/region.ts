// A rectangle of storage tiles, seen as a part of its frame.
import { check, integer } from "../abi";
import { maxSide, readTile, Tile } from "../tile";

/** Side of the tiles in which a frame is stored; those at its right and lower edge are smaller. */
export const storageSide: i32 = 256;
/** Arguments that `readRegion` takes. */
export const regionArguments: i32 = 6;

@unmanaged
export class Region {
  /** Size of the whole frame. */
  frameWidth: i32;
  frameHeight: i32;
  /** What the tiles cover, in pixels of the frame. */
  left: i32;
  top: i32;
  width: i32;
  height: i32;
  /** Tiles in a row and in a column. */
  columns: i32;
  rows: i32;
  sample: u32;
  channels: i32;
  /** Addresses of the tiles, row by row. */
  tiles: usize;
}

/** The first tile of the frame's grid, at `index` of the region. */
export function regionTile(region: Region, index: i32): Tile {
  return changetype<Tile>(load<usize>(region.tiles + ((<usize>index) << 2)));
}

/**
 * Arguments from `first`: width and height of the frame; column and row of the first tile in the frame's grid; columns and rows
 * of tiles. The tiles are the inputs from `firstInput`, row by row. Each has the size that its place asks for, and they are alike.
 */
export function readRegion(
  args: i32,
  argCount: i32,
  first: i32,
  inputs: i32,
  inputCount: i32,
  firstInput: i32,
): Region {
  const region = changetype<Region>(heap.alloc(offsetof<Region>()));
  region.frameWidth = integer(args, argCount, first, 1, maxSide);
  region.frameHeight = integer(args, argCount, first + 1, 1, maxSide);
  const gridColumns = (region.frameWidth + storageSide - 1) / storageSide;
  const gridRows = (region.frameHeight + storageSide - 1) / storageSide;
  const column = integer(args, argCount, first + 2, 0, gridColumns - 1);
  const row = integer(args, argCount, first + 3, 0, gridRows - 1);
  region.columns = integer(args, argCount, first + 4, 1, gridColumns - column);
  region.rows = integer(args, argCount, first + 5, 1, gridRows - row);
  region.left = column * storageSide;
  region.top = row * storageSide;
  region.width = min((column + region.columns) * storageSide, region.frameWidth) - region.left;
  region.height = min((row + region.rows) * storageSide, region.frameHeight) - region.top;
  const count = region.columns * region.rows;
  check(firstInput <= inputCount && count <= inputCount - firstInput, "a tile of the region is missing");
  region.tiles = heap.alloc((<usize>count) << 2);
  for (let index = 0; index < count; index++) {
    const tile = readTile(inputs, inputCount, firstInput + index);
    store<usize>(region.tiles + ((<usize>index) << 2), changetype<usize>(tile));
    if (index == 0) {
      region.sample = tile.sample;
      region.channels = tile.channels;
    }
    check(
      tile.sample == region.sample && tile.channels == region.channels,
      "the tiles of a frame are not alike",
    );
    const left = (index % region.columns) * storageSide;
    const top = (index / region.columns) * storageSide;
    check(
      tile.width == min(storageSide, region.width - left) &&
        tile.height == min(storageSide, region.height - top),
      "a tile is not as large as its place in the frame",
    );
  }
  return region;
}
