import type { InputRef, TaskSpec } from "#burst/graph.ts";
import { addTask, memoryFor, milliseconds, partsOf, placeOf, type Size, tileAt } from "./picture-tasks.ts";
import type { Frame } from "./tile-grid.ts";

/** How small a difference is taken for something that moved. */
export type GhostAmount = "low" | "medium" | "high";

export interface GhostOptions {
  /** Frames that lie upon each other. */
  readonly frames: readonly Frame[];
  readonly pixelBytes: number;
  readonly exposures: readonly number[];
  readonly reference: number;
  readonly response: InputRef;
  readonly tile: number;
}

/** Thresholds in 1/32 stop. */
const thresholds: Readonly<Record<GhostAmount, number>> = { low: 32, medium: 16, high: 8 };
/** Smaller groups of cells are noise. */
const leastCells = 3;
/** Cells along the longer side, so that a preview and the full size look alike. */
const cellsAcross = 512;
/** Nanoseconds for a pixel, as measured. */
const nanosecondsPerPixel = 60;

/** log2 of the side of a cell in which frames are compared: 4 … 32 px. */
export function cellShiftOf({ width, height }: Size): number {
  const side = Math.max(width, height) / cellsAcross;
  return side > 16 ? 5 : side > 8 ? 4 : side > 4 ? 3 : 2;
}

/** For each frame a field of what agrees with the reference frame; nothing for the reference itself. */
export function addGhostFields(
  tasks: TaskSpec[],
  options: GhostOptions,
  amount: GhostAmount,
): (InputRef | undefined)[] {
  return options.frames.map((frame, index) => {
    if (index === options.reference) return undefined;
    const scores = addScores(tasks, options, frame, index);
    const { width, height } = frame;
    const shift = cellShiftOf(frame);
    const cells = (width * height) / 4 ** shift;
    const [field] = addTask(tasks, {
      fn: "ghostField",
      args: [shift, width, height, thresholds[amount], leastCells],
      inputs: scores,
      outputs: 1,
      cost: milliseconds(200 * cells),
      memoryBytes: memoryFor(cells * 12 + scores.length * 64),
      outputBytes: Math.ceil(cells + width + height),
      stage: "ghosts clean",
    });
    return field;
  });
}

function addScores(tasks: TaskSpec[], options: GhostOptions, frame: Frame, index: number): InputRef[] {
  const { exposures, reference, response, pixelBytes } = options;
  const still = options.frames[reference];
  const from = exposures[reference];
  const to = exposures[index];
  if (still === undefined || from === undefined || to === undefined) {
    throw new RangeError("the reference frame, or an exposure, is missing");
  }
  const shift = cellShiftOf(frame);
  const scores: InputRef[] = [];
  for (const part of partsOf(frame.width, frame.height, options.tile)) {
    const pixels = part.width * part.height;
    const outputBytes = Math.ceil(pixels / 4 ** shift) + part.tiles.length * 256;
    const outputs = addTask(tasks, {
      fn: "ghostCells",
      args: [shift, from, to],
      inputs: [response, ...part.tiles.flatMap((tile) => [tileAt(still, tile), tileAt(frame, tile)])],
      outputs: part.tiles.length,
      cost: milliseconds(nanosecondsPerPixel * pixels),
      memoryBytes: memoryFor(pixels * 2 * pixelBytes + outputBytes),
      outputBytes,
      stage: "ghosts find",
      place: placeOf(part),
    });
    for (const [place, tile] of part.tiles.entries()) {
      const output = outputs[place];
      if (output !== undefined) scores[tile] = output;
    }
  }
  return scores;
}
