import type { TaskSpec } from "#burst/graph.ts";
import { downWindow, type PyramidPlan, upWindow } from "./fusion-windows.ts";
import { grown, type Region, storageSide } from "./tile-grid.ts";

/** The estimates of one task. */
export type Estimate = Pick<TaskSpec, "cost" | "memoryBytes" | "outputBytes">;

/** What the tasks of one fusion cost, and hold at most. */
export interface FusionCosts {
  down(tile: Region, frames: number): Estimate;
  /** `parts` is the mean number of frames in a tile. */
  reduce(frames: number, parts: number): Estimate;
  up(tile: Region, frames: number, output: "u8" | "u16" | "f32" | "fixed", channels: number): Estimate;
}

/** Nanoseconds for a pixel of one frame on the reference core, as measured with three frames of 24 megapixels. */
const nanoseconds = { down: 16, up: 30, reduce: 30, start: 2_000_000 } as const;
/** A pixel of a level: four f32. */
const levelPixel = 16;
const outputPixel = { u8: 1, u16: 2, f32: 4, fixed: 2 } as const;
const histogramBytes = 2 * 65_536 * 4;
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
        memoryBytes: inMemory(inputBytes(plan, window) * frames * pixelBytes, outputBytes, {
          levels: frames * areaOf(window) * pyramid * levelPixel,
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
        memoryBytes: inMemory(inputBytes(plan, window) * frames * pixelBytes, outputBytes, {
          levels: (frames + 1) * areaOf(window) * pyramid * levelPixel,
          weights: frames * areaOf(tile) * 4,
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
function inputBytes(plan: PyramidPlan, window: Region): number {
  return areaOf(grown(window, storageSide / 2, plan.width, plan.height));
}

function milliseconds(ns: number): number {
  return Math.ceil((ns + nanoseconds.start) / 1e4) / 100;
}

/** Inputs and outputs are there twice while a kernel runs: in its memory, and outside of it. */
function inMemory(input: number, output: number, held: Readonly<Record<string, number>>): number {
  const sum = Object.values(held).reduce((total, bytes) => total + bytes, 0);
  return Math.ceil(2 * input + 2 * output + sum * rowsToo + instanceBytes);
}

/** Rows at hand come to a few percent of the levels. */
const rowsToo = 1.1;
