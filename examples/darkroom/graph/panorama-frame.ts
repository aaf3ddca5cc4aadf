import type { InputRef, TaskSpec } from "#burst/graph.ts";

/** One reduction of a frame, as a grid of tiles, row by row; the tiles at the right and the lower edge may be smaller. */
export interface FrameLevel {
  /** How many times smaller than the full frame, in each direction: a power of two. */
  readonly factor: number;
  readonly width: number;
  readonly height: number;
  /** Side of a tile in pixels: a power of two from 64 to 1024. */
  readonly side: number;
  /** Blobs, or outputs of earlier tasks. */
  readonly tiles: readonly InputRef[];
}

/** A photo of a panorama. */
export interface PanoramaFrame {
  /** Names its contents (a SHA-256, or the name of a file): frames are registered in the order of their keys, so the order in which they are given changes nothing. */
  readonly key: string;
  /** Focal length in pixels of the full frame (EXIF), when it is known. */
  readonly focal?: number;
  /** The full frame, factor 1. */
  readonly full: FrameLevel;
  /** The level that features are looked for at (`levelFactor`), when something else makes it: registration takes nothing but the size of `full` then. */
  readonly reduced?: FrameLevel;
}

const mebibyte = 1024 * 1024;

export function columnsOf(level: FrameLevel): number {
  return Math.ceil(level.width / level.side);
}

export function rowsOf(level: FrameLevel): number {
  return Math.ceil(level.height / level.side);
}

/** Adds tasks that make a level `factor` times smaller than `source`; `sampleBytes` is what a sample takes. */
export function reduceLevel(
  tasks: TaskSpec[],
  source: FrameLevel,
  factor: number,
  sampleBytes = 1,
): FrameLevel {
  const columns = columnsOf(source);
  const tiles: InputRef[] = [];
  for (let top = 0; top < rowsOf(source); top += factor) {
    const rows = Math.min(factor, rowsOf(source) - top);
    const outputs = Math.ceil(columns / factor);
    const pixels = rows * columns * source.side ** 2;
    tasks.push({
      fn: "panoramaReduce",
      args: [factor, source.side, columns, rows],
      inputs: source.tiles.slice(top * columns, (top + rows) * columns),
      outputs,
      cost: 2 + pixels / 60_000,
      memoryBytes: 8 * mebibyte + Math.ceil(pixels * sampleBytes * 4 * 1.3),
      outputBytes: Math.ceil((pixels * sampleBytes * 3) / factor ** 2),
      stage: "levels",
    });
    for (let output = 0; output < outputs; output++) tiles.push({ task: tasks.length - 1, output });
  }
  const width = Math.ceil(source.width / factor);
  const height = Math.ceil(source.height / factor);
  return { factor: source.factor * factor, width, height, side: source.side, tiles };
}
