import type { InputRef } from "#burst/graph.ts";
import type { Tile } from "./tile-format.ts";

/** Side of the tiles in which a decoded frame is stored; those at the right and lower edge are smaller. */
export const storageSide = 256;

/** A rectangle of pixels of a picture. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A picture: its storage tiles, row by row; decoded, or what earlier tasks give. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly tiles: readonly InputRef[];
}

/** A tile that a task reads, and where it lies in the picture. */
export interface PlacedTile extends Region {
  readonly from: InputRef;
}

/** The tiles of a picture, row by row, each of `side` pixels unless the picture ends before. */
export function regionsOf(width: number, height: number, side: number = storageSide): Region[] {
  const regions: Region[] = [];
  for (let y = 0; y < height; y += side) {
    for (let x = 0; x < width; x += side) {
      regions.push({ x, y, width: Math.min(side, width - x), height: Math.min(side, height - y) });
    }
  }
  return regions;
}

/** The frame's tiles with their places. */
export function placedTilesOf(frame: Frame): PlacedTile[] {
  return regionsOf(frame.width, frame.height).map((region, index) => {
    const from = frame.tiles[index];
    if (from === undefined) throw new RangeError("a frame has fewer tiles than its size asks for");
    return { ...region, from };
  });
}

/** The region and so many pixels around it, within a picture. */
export function grown(region: Region, by: number, width: number, height: number): Region {
  const x = Math.max(region.x - by, 0);
  const y = Math.max(region.y - by, 0);
  return {
    x,
    y,
    width: Math.min(region.x + region.width + by, width) - x,
    height: Math.min(region.y + region.height + by, height) - y,
  };
}

export function meets(a: Region, b: Region): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** The part of a picture that lies in `region`. */
export function cropTile(picture: Tile, region: Region): Tile {
  const part = blankTile(picture, region.width, region.height);
  copyRegion(picture, region, part, { ...region, x: 0, y: 0 });
  return part;
}

/** Cuts a picture into tiles, row by row. */
export function cutTiles(picture: Tile, side: number = storageSide): Tile[] {
  return regionsOf(picture.width, picture.height, side).map((region) => cropTile(picture, region));
}

/** Puts tiles of one kind together to a picture; what no tile covers is 0. */
export function joinTiles(
  width: number,
  height: number,
  tiles: readonly { readonly at: { readonly x: number; readonly y: number }; readonly tile: Tile }[],
): Tile {
  const first = tiles[0];
  if (first === undefined) throw new RangeError("there are no tiles to put together");
  const picture = blankTile(first.tile, width, height);
  for (const { at, tile } of tiles) {
    const from = { x: 0, y: 0, width: tile.width, height: tile.height };
    copyRegion(tile, from, picture, { ...from, ...at });
  }
  return picture;
}

/** A tile of the same channels and kind of samples, all 0. */
function blankTile(like: Tile, width: number, height: number): Tile {
  const length = width * height * like.channels;
  const { samples } = like;
  const blank =
    samples instanceof Uint8Array
      ? new Uint8Array(length)
      : samples instanceof Uint16Array
        ? new Uint16Array(length)
        : new Float32Array(length);
  return { width, height, channels: like.channels, samples: blank };
}

function copyRegion(source: Tile, from: Region, target: Tile, to: Region): void {
  const { channels } = source;
  for (let row = 0; row < from.height; row++) {
    const start = ((from.y + row) * source.width + from.x) * channels;
    const at = ((to.y + row) * target.width + to.x) * channels;
    target.samples.set(source.samples.subarray(start, start + from.width * channels), at);
  }
}
