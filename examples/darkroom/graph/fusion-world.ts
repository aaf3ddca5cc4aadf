import { type Blobs, type GraphRun, putBlob } from "#test/support/run-graph.ts";
import { decodeTile, encodeTile, type Tile } from "./tile-format.ts";
import { cutTiles, type Frame, joinTiles } from "./tile-grid.ts";

// What the tests of the fusion share.

/** Stores a picture as a frame. */
export function storeFrame(blobs: Blobs, picture: Tile): Frame {
  const tiles = cutTiles(picture).map((tile) => putBlob(blobs, encodeTile(tile)));
  return { width: picture.width, height: picture.height, tiles };
}

/** The picture whose tiles are the results "x,y" of a run. */
export function pictureOf(width: number, height: number, run: GraphRun): Tile {
  const tiles = Array.from(run.results, ([name, bytes]) => {
    const [x = 0, y = 0] = name.split(",").map(Number);
    return { at: { x, y }, tile: decodeTile(bytes) };
  });
  return joinTiles(width, height, tiles);
}

/** A bracket with detail everywhere: noise on slopes, each frame brighter than the one before. */
export function bracketOf(count: number, width: number, height: number, seed: number): Tile[] {
  return Array.from({ length: count }, (_, frame) => {
    const samples = new Uint8Array(width * height * 3);
    let state = seed >>> 0;
    for (const index of samples.keys()) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      const x = Math.floor(index / 3) % width;
      samples[index] = Math.min(255, (state >>> 25) + (x % 100) + frame * 60);
    }
    return { width, height, channels: 3, samples };
  });
}
