import type { TaskSpec } from "#burst/graph.ts";
import { downWindow, type PyramidPlan, upWindow } from "./fusion-windows.ts";
import { type Region, storageSide } from "./tile-grid.ts";

/** The estimates of one task. */
export type Estimate = Pick<TaskSpec, "cost" | "memoryBytes" | "outputBytes">;

/** What the tasks of one fusion cost, and hold at most. */
export interface FusionCosts {
  down(tile: Region, frames: number): Estimate;
  /** `parts` is the mean number of frames in a tile. */
  reduce(frames: number, parts: number): Estimate;
  up(tile: Region, frames: number, output: "u8" | "u16" | "f32" | "fixed", channels: number): Estimate;
}

/** Nanoseconds for a pixel of one frame on the reference core, as measured with three frames in tiles of 1,024 pixels. */
const nanoseconds = { down: 14, up: 26, reduce: 32, start: 2_000_000 } as const;
/** A pixel of a level: four f32. */
const levelPixel = 16;
const outputPixel = { u8: 1, u16: 2, f32: 4, fixed: 2 } as const;
const histogramBytes = 2 * 65_536 * 4;
/** For each pixel of a row of one frame: the rows at hand (assembly/fusion/rows.ts) and those of the halvings. */
const rowBytes = 400;
/** For each of them and for each of 2^K rows: the levels and weights that are kept until the tile's row is blended (assembly/fusion/fine.ts). */
const keptBytes = 80;
/** An instance without data: its code, its stack, what is rounded up to pages. */
const instanceBytes = 2 * 1024 ** 2;

export function fusionCosts(plan: PyramidPlan, pixelBytes: number): FusionCosts {
  const shrunk = 4 ** plan.cut;
  return {
    down: (tile, frames) => {
      const window = downWindow(plan, tile);
      const outputBytes = (frames * areaOf(tile) * levelPixel) / shrunk;
      return {
        cost: milliseconds(nanoseconds.down * areaOf(window) * frames),
        memoryBytes: inMemory(inputPixels(plan, window) * frames * pixelBytes, outputBytes, {
          rows: frames * window.width * rowBytes,
          level: outputBytes,
        }),
        outputBytes: Math.ceil(outputBytes),
      };
    },
    reduce: (frames, parts) => {
      const level =
        (Math.ceil(plan.width / 2 ** plan.cut) + 1) * (Math.ceil(plan.height / 2 ** plan.cut) + 1);
      const side = plan.tile / 2 ** plan.cut;
      const outputBytes = level * levelPixel * ((side + 4) / side) ** 2;
      return {
        cost: milliseconds(nanoseconds.reduce * level * frames),
        memoryBytes: inMemory(level * parts * levelPixel, outputBytes, {
          levels: 2 * (1 + pyramid) * level * levelPixel,
        }),
        outputBytes: Math.ceil(outputBytes),
      };
    },
    up: (tile, frames, output, channels) => {
      const window = upWindow(plan, tile);
      const histograms = output === "fixed" ? histogramBytes : 0;
      const outputBytes = areaOf(tile) * channels * outputPixel[output] + histograms;
      return {
        cost: milliseconds(nanoseconds.up * areaOf(window) * frames),
        memoryBytes: inMemory(inputPixels(plan, window) * frames * pixelBytes, outputBytes, {
          rows: (frames + 1) * window.width * (rowBytes + keptBytes * 2 ** plan.cut),
        }),
        outputBytes: Math.ceil(outputBytes),
      };
    },
  };
}

/** All levels but the finest, in pixels of the finest. */
const pyramid = 1 / 3;

function areaOf({ width, height }: Region): number {
  return width * height;
}

/** Pixels of the storage tiles that meet a window. */
function inputPixels(plan: PyramidPlan, { x, y, width, height }: Region): number {
  return covered(x, x + width, plan.width) * covered(y, y + height, plan.height);
}

/** Pixels of the storage tiles that meet `from` … `to` in one direction. */
function covered(from: number, to: number, size: number): number {
  const start = Math.floor(from / storageSide) * storageSide;
  return Math.min(Math.ceil(to / storageSide) * storageSide, size) - start;
}

function milliseconds(ns: number): number {
  return Math.ceil((ns + nanoseconds.start) / 1e4) / 100;
}

/** Inputs and outputs are there twice while a kernel runs: in its memory, and outside of it. */
function inMemory(input: number, output: number, held: Readonly<Record<string, number>>): number {
  const sum = Object.values(held).reduce((total, bytes) => total + bytes, 0);
  return Math.ceil(2 * input + 2 * output + sum + instanceBytes);
}
