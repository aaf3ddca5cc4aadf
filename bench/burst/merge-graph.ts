import { createHash } from "node:crypto";
import type { InputRef, JobGraph, TaskSpec } from "#burst/graph.ts";
import { addDecoded } from "../../examples/darkroom/graph/decoded-frame.ts";
import { addBracketFusion } from "../../examples/darkroom/graph/fusion.ts";
import type { Size } from "../../examples/darkroom/graph/picture-tasks.ts";
import type { Frame, PlacedTile } from "../../examples/darkroom/graph/tile-grid.ts";
import { large } from "./photos.ts";

const packageHash = "0".repeat(64);
export const quality = 93;

/** SHA-256 of a file's bytes: how a graph names it. */
export function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Decodes the photos; results are their tiles, "frame,tile". */
export function decodeGraph(files: readonly Uint8Array[], size: Size): JobGraph {
  const tasks: TaskSpec[] = [];
  const results = addPhotos(tasks, files, size).flatMap(({ tiles }, frame) =>
    tiles.map((from, tile) => ({ name: `${frame},${tile}`, from })),
  );
  return { package: packageHash, tasks, results };
}

/** Fuses frames whose tiles are there; results are tiles of the picture. */
export function mergeGraph(frames: readonly Frame[]): JobGraph {
  const tasks: TaskSpec[] = [];
  const results = fused(tasks, frames).map(({ x, y, from }) => ({ name: `${x},${y}`, from }));
  return { package: packageHash, tasks, results };
}

/** From the photos to pieces of a JPEG file, from top to bottom. */
export function wholeGraph(files: readonly Uint8Array[], kernels: string = packageHash): JobGraph {
  const tasks: TaskSpec[] = [];
  const tiles = fused(tasks, addPhotos(tasks, files, large), kernels);
  return { package: kernels, tasks, results: addEncoding(tasks, tiles, large.width, large.height) };
}

function addPhotos(tasks: TaskSpec[], files: readonly Uint8Array[], size: Size): Frame[] {
  return files.map((bytes) =>
    addDecoded(
      tasks,
      {
        kind: "jpeg",
        ...size,
        file: { blob: hashOf(bytes), bytes: bytes.length },
        orientation: 1,
        isProgressive: false,
      },
      0,
    ),
  );
}

function fused(tasks: TaskSpec[], frames: readonly Frame[], kernels = packageHash): PlacedTile[] {
  const weights = { contrast: 1, saturation: 1, exposure: 1 };
  return addBracketFusion(tasks, { packageHash: kernels, frames, weights, output: "u8" });
}

/** A task for each row of tiles. */
export function addEncoding(
  tasks: TaskSpec[],
  tiles: readonly PlacedTile[],
  width: number,
  height: number,
): { readonly name: string; readonly from: InputRef }[] {
  const side = Math.max(...tiles.map((tile) => tile.width));
  const tops = [...new Set(tiles.map(({ y }) => y))];
  const bandRows = Math.min(side, height);
  return tops.map((top) => {
    const row = tiles.filter(({ y }) => y === top);
    const rows = Math.min(bandRows, height - top);
    tasks.push({
      fn: "encodeJpeg",
      args: [width, height, quality, 1, top, rows, bandRows, side],
      inputs: row.map(({ from }) => from),
      outputs: 1,
      cost: 2 + (width * rows) / 40_000,
      memoryBytes: 64 * 1024 ** 2 + 8 * width * rows,
      outputBytes: width * rows,
      stage: "encode",
    });
    return { name: String(top), from: { task: tasks.length - 1, output: 0 } };
  });
}
