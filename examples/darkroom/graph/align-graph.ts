import type { InputRef, JobGraph, TaskSpec } from "#burst/graph.ts";
import { addTask, memoryFor, milliseconds, tileAt } from "./picture-tasks.ts";
import { type Frame, storageSide } from "./tile-grid.ts";
import { transformNumbers } from "./transform.ts";

export interface AlignOptions {
  /** Hash of the kernel package's manifest. */
  readonly packageHash: string;
  /** Decoded frames of one size. */
  readonly frames: readonly Frame[];
  /** How much light each took, in any unit: only the order counts. */
  readonly exposures: readonly number[];
  /** The frame that stays where it is. */
  readonly reference: number;
}

/** Registration works on pictures of at most so many pixels; more do not make it better. */
const maxPixels = 2 * 1024 ** 2;
/** Tiles that one task makes smaller. */
const tilesPerTask = 64;
/** Nanoseconds for a pixel, as measured. */
const nanoseconds = { grey: 8, register: 500 } as const;

/**
 * The registration of a bracket: a result "transforms", which `readTransforms` reads. Neighbours by exposure are registered, and those after next to check them;
 * frames that are far apart in exposure have little in common and often seem to have moved. `tasks`: earlier ones of the same job, which may make the frames.
 */
export function alignGraph(options: AlignOptions, tasks: TaskSpec[] = []): JobGraph {
  const { frames, exposures, reference } = options;
  const first = frames[0];
  if (first === undefined || exposures.length !== frames.length || frames[reference] === undefined) {
    throw new RangeError("the bracket has no frames, or other frames than exposures");
  }
  if (frames.some(({ width, height }) => width !== first.width || height !== first.height)) {
    throw new RangeError("the frames are not of one size");
  }
  const shift = shiftOf(first);
  const greys = frames.map((frame) => addGrey(tasks, frame, shift));
  const order = frames.map((_, index) => index);
  order.sort((a, b) => (exposures[a] ?? 0) - (exposures[b] ?? 0) || a - b);
  const pairs = [1, 2].flatMap((apart) =>
    order.flatMap((from, place) => {
      const to = order[place + apart];
      return to === undefined ? [] : [{ from, to }];
    }),
  );
  const motions = pairs.map(({ from, to }) =>
    addPair(tasks, first, shift, greys[from] ?? [], greys[to] ?? []),
  );
  // The kernel counts frames by their exposure, so that it knows which are neighbours.
  const rank = (frame: number): number => order.indexOf(frame);
  const outputBytes = frames.length * transformNumbers * 8;
  const transforms = addTask(tasks, {
    fn: "chain",
    args: [
      frames.length,
      rank(reference),
      first.width,
      first.height,
      ...pairs.flatMap(({ from, to }) => [rank(from), rank(to)]),
      ...frames.map((_, frame) => rank(frame)),
    ],
    inputs: motions,
    outputs: 1,
    cost: milliseconds(0),
    memoryBytes: memoryFor(0),
    outputBytes,
    stage: "align chain",
  });
  return {
    package: options.packageHash,
    tasks,
    results: transforms.map((from) => ({ name: "transforms", from })),
  };
}

/** By how many halvings a frame is small enough. */
function shiftOf({ width, height }: Frame): number {
  let shift = 0;
  while ((width * height) / 4 ** shift > maxPixels) shift++;
  return shift;
}

function addGrey(tasks: TaskSpec[], frame: Frame, shift: number): InputRef[] {
  const count = Math.ceil(frame.width / storageSide) * Math.ceil(frame.height / storageSide);
  const greys: InputRef[] = [];
  for (let from = 0; from < count; from += tilesPerTask) {
    const length = Math.min(tilesPerTask, count - from);
    const pixels = length * storageSide ** 2;
    const outputBytes = Math.ceil(pixels / 4 ** shift) + length * 64;
    const outputs = addTask(tasks, {
      fn: "grey",
      args: [shift],
      inputs: Array.from({ length }, (_, index) => tileAt(frame, from + index)),
      outputs: length,
      cost: milliseconds(nanoseconds.grey * pixels),
      memoryBytes: memoryFor(pixels * 8 + outputBytes),
      outputBytes,
      stage: "align shrink",
    });
    greys.push(...outputs);
  }
  return greys;
}

function addPair(
  tasks: TaskSpec[],
  { width, height }: Frame,
  shift: number,
  darker: readonly InputRef[],
  brighter: readonly InputRef[],
): InputRef {
  const pixels = (width * height) / 4 ** shift;
  const [motion] = addTask(tasks, {
    fn: "register",
    args: [width, height, shift],
    inputs: [...darker, ...brighter],
    outputs: 1,
    cost: milliseconds(nanoseconds.register * pixels + 600e6),
    memoryBytes: memoryFor(12 * 1024 ** 2 + pixels * 24),
    outputBytes: 48,
    stage: "align register",
  });
  if (motion === undefined) throw new RangeError("a task without outputs");
  return motion;
}
