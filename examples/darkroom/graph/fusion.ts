import type { InputRef, JobGraph, TaskSpec } from "#burst/graph.ts";
import { fusionCosts } from "./fusion-costs.ts";
import { addFusion, type FusedTile, type FusionOutput, type FusionWeights } from "./fusion-stages.ts";
import { type PyramidPlan, usualLevels } from "./fusion-windows.ts";
import { sampleNumber } from "./tile-format.ts";
import { type Frame, type PlacedTile, placedTilesOf, type Region, storageSide } from "./tile-grid.ts";

/** How much of the histogram is clipped at its ends, in percent of the pixels. */
export interface Normalisation {
  readonly blackPercent: number;
  readonly whitePercent: number;
}

export interface FusionOptions {
  /** Hash of the kernel package's manifest. */
  readonly packageHash: string;
  /** Registered frames of one size, in the order in which they are summed. */
  readonly frames: readonly Frame[];
  /** For each frame its mask against ghosts, or nothing. */
  readonly masks?: readonly (Frame | undefined)[];
  readonly weights: FusionWeights;
  /** Depth of the pyramid; that of Mertens' program when absent. */
  readonly levels?: number;
  /** Side of the output tiles and K; what fits into a worker when absent. */
  readonly tile?: number;
  readonly cut?: number;
  readonly output: "u8" | "u16";
  /** Absent: the result is clipped to 0 … 1. */
  readonly normalise?: Normalisation;
  /** Bytes of a sample of the frames: 1 for u8. */
  readonly sampleBytes?: number;
}

/** A task of the finest levels holds no more, so that a worker of 256 MiB can run it beside itself. */
const taskMemory = 160 * 1024 ** 2;
/** Nor does the task of the coarse levels read more. */
const coarseInput = 48 * 1024 ** 2;
/** Histograms that one task adds up. */
const histogramFanIn = 32;

/** Exposure fusion of a bracket: a result "x,y" for each output tile. */
export function fusionGraph(options: FusionOptions): JobGraph {
  const tasks: TaskSpec[] = [];
  const placed = addBracketFusion(tasks, options);
  return {
    package: options.packageHash,
    tasks,
    results: placed.map(({ x, y, from }) => ({ name: `${x},${y}`, from })),
  };
}

/** The same as a part of a larger job. */
export function addBracketFusion(tasks: TaskSpec[], options: FusionOptions): PlacedTile[] {
  const { frames, masks = [], weights, normalise } = options;
  const first = frames[0];
  if (first === undefined) throw new RangeError("there are no frames to fuse");
  const { width, height } = first;
  if (frames.some((frame) => frame.width !== width || frame.height !== height)) {
    throw new RangeError("the frames are not of one size");
  }
  const pixelBytes = 3 * (options.sampleBytes ?? 1) + (masks.length > 0 ? 1 : 0);
  const output: FusionOutput = normalise === undefined ? options.output : "fixed";
  const asked = { width, height, levels: options.levels ?? usualLevels(width, height) };
  const tiles = addFusion(tasks, {
    plan: pyramidPlan({ ...asked, ...cutOf(options) }, frames.length, pixelBytes, output),
    frames: frames.map((frame, index) => {
      const mask = masks[index];
      const own = { tiles: placedTilesOf(frame) };
      return mask === undefined ? own : { ...own, masks: placedTilesOf(mask) };
    }),
    weights,
    output,
    alpha: false,
    pixelBytes,
    name: "fuse",
  });
  return normalise === undefined ? tiles : addNormalisation(tasks, tiles, normalise, options.output);
}

function cutOf({ tile, cut }: FusionOptions): { tile?: number; cut?: number } {
  return { ...(tile === undefined ? {} : { tile }), ...(cut === undefined ? {} : { cut }) };
}

/**
 * Completes a plan: K so that the coarse levels are small, and the largest tiles whose tasks fit into a worker. Neither changes a bit of the result. `frames` is how many
 * meet in a tile.
 */
export function pyramidPlan(
  asked: Pick<PyramidPlan, "width" | "height" | "levels"> & Partial<PyramidPlan>,
  frames: number,
  pixelBytes: number,
  output: FusionOutput,
): PyramidPlan {
  const pixels = asked.width * asked.height;
  let cut = asked.cut ?? Math.min(3, asked.levels - 1);
  while (
    asked.cut === undefined &&
    cut < Math.min(6, asked.levels - 1) &&
    (pixels / 4 ** cut) * 16 * frames > coarseInput
  ) {
    cut++;
  }
  let tile = asked.tile ?? 4 * storageSide;
  const fits = (): boolean => {
    const { memoryBytes } = fusionCosts({ ...asked, cut, tile }, pixelBytes).up(
      innerTile(asked, tile),
      frames,
      output,
      3,
    );
    return memoryBytes <= taskMemory;
  };
  while (asked.tile === undefined && tile > storageSide && !fits()) tile /= 2;
  return { ...asked, cut, tile };
}

/** One of the tiles that read the most: with as much of its surroundings as there can be. */
function innerTile({ width, height }: { width: number; height: number }, tile: number): Region {
  const x = width > tile ? Math.min(tile, width - tile) : 0;
  const y = height > tile ? Math.min(tile, height - tile) : 0;
  return { x, y, width: Math.min(tile, width), height: Math.min(tile, height) };
}

/** Counts, sums the counts, and stretches every tile between the limits that follow from them. */
function addNormalisation(
  tasks: TaskSpec[],
  tiles: readonly FusedTile[],
  { blackPercent, whitePercent }: Normalisation,
  output: "u8" | "u16",
): PlacedTile[] {
  const add = (fn: string, args: number[], inputs: InputRef[], sizes: Sizes): InputRef => {
    tasks.push({ fn, args, inputs, outputs: 1, stage: "fuse normalise", ...sizes });
    return { task: tasks.length - 1, output: 0 };
  };
  let histograms = tiles.flatMap(({ histogram }) => (histogram === undefined ? [] : [histogram]));
  while (histograms.length > histogramFanIn) {
    const sums: InputRef[] = [];
    for (let from = 0; from < histograms.length; from += histogramFanIn) {
      const group = histograms.slice(from, from + histogramFanIn);
      sums.push(add("fusionHistogram", [], group, histogramSizes(group.length, 2 ** 19)));
    }
    histograms = sums;
  }
  const limits = add(
    "fusionLimits",
    [blackPercent, whitePercent],
    histograms,
    histogramSizes(histograms.length, 8),
  );
  return tiles.map(({ x, y, width, height, from }) => {
    const samples = width * height * 3;
    const outputBytes = samples * (output === "u8" ? 1 : 2) + 16;
    const place = { x, y, width, height };
    const sizes = {
      cost: 2 + samples / 250_000,
      memoryBytes: 4 * samples + 2 * outputBytes + 2 ** 21,
      outputBytes,
      place,
    };
    return { ...place, from: add("fusionNormalize", [sampleNumber[output]], [limits, from], sizes) };
  });
}

type Sizes = Pick<TaskSpec, "cost" | "memoryBytes" | "outputBytes" | "place">;

function histogramSizes(inputs: number, outputBytes: number): Sizes {
  return { cost: 2 + inputs / 10, memoryBytes: inputs * 2 ** 20 + 2 ** 22, outputBytes };
}
