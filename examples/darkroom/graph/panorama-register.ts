import type { InputRef, JobGraph, TaskSpec } from "#burst/graph.ts";
import {
  type PanoramaCameras,
  projectionNames,
  projectionNumbers,
  type Projection,
} from "./panorama-cameras.ts";
import { columnsOf, type FrameLevel, type PanoramaFrame, reduceLevel } from "./panorama-frame.ts";

/** Features are looked for at this size at most. */
const levelPixels = 2_000_000;
/** As many cameras as one adjustment takes. */
export const maxPanoramaFrames = 90;
const mebibyte = 1024 * 1024;

/** Names of the results of a registration. */
export const registrationNames = {
  cameras: "cameras",
  seams: (projection: Projection) => `seams-${projection}`,
  level: (frame: number, tile: number) => `level-${frame}-${tile}`,
} as const;

export interface RegistrationGraph {
  readonly graph: JobGraph;
  /** `order[i]` is the frame that camera i of the results belongs to, as it was given. */
  readonly order: readonly number[];
  /** For each camera its reduced level, whose tiles are outputs of this graph: the results of the same names. */
  readonly levels: readonly FrameLevel[];
}

/**
 * The phase that finds out how frames lie: levels, features, matches of all pairs, cameras, gains, seams. Results are the cameras (`readPanoramaCameras`), the
 * seams on each surface, and each frame's level, which the preview is made of. Frames are of 8 or 16 bits; for an HDR panorama give one exposure of each bracket. `tasks`: earlier ones of the same job, which may make the frames.
 */
export function registerPanoramaGraph(
  packageHash: string,
  frames: readonly PanoramaFrame[],
  tasks: TaskSpec[] = [],
): RegistrationGraph {
  if (frames.length === 0 || frames.length > maxPanoramaFrames)
    throw new RangeError(`a panorama has 1 to ${maxPanoramaFrames} frames, not ${frames.length}`);
  const order = frames.map((_, index) => index);
  order.sort((one, other) => compareKeys(frames[one]?.key ?? "", frames[other]?.key ?? ""));
  const sorted = order.flatMap((index) => frames[index] ?? []);
  const levels = sorted.map((frame) => addLevel(tasks, frame));
  const features = levels.map((level) => addFeatures(tasks, level));
  const matches = addMatches(tasks, sorted, levels, features);
  const solve = addTask(tasks, {
    fn: "panoramaSolve",
    args: [
      sorted.length,
      ...sorted.flatMap(({ full, focal }) => [full.width, full.height, Math.round(focal ?? 0)]),
    ],
    inputs: matches,
    outputs: 1,
    cost: 200 + sorted.length ** 2 * 4,
    memoryBytes: 64 * mebibyte,
    outputBytes: 16_384,
    stage: "cameras",
  });
  const gains = addTask(tasks, {
    fn: "panoramaGains",
    args: [],
    inputs: [{ task: solve, output: 0 }, ...features.map((task) => ({ task, output: 2 }))],
    outputs: 1,
    cost: 20 + sorted.length * 30,
    memoryBytes: 128 * mebibyte,
    outputBytes: 16_384,
    stage: "cameras",
  });
  const results = [
    { name: registrationNames.cameras, from: { task: gains, output: 0 } },
    ...addSeams(tasks, gains, features),
    ...levels.flatMap((level, frame) =>
      level.tiles.map((from, tile) => ({ name: registrationNames.level(frame, tile), from })),
    ),
  ];
  return { graph: { package: packageHash, tasks, results }, order, levels };
}

/** The frames that are not in the panorama, as they were given, and why. */
export function framesLeftOut(
  { order }: Pick<RegistrationGraph, "order">,
  { cameras }: Pick<PanoramaCameras, "cameras">,
): readonly { readonly frame: number; readonly reason: string }[] {
  const found = cameras.filter((camera) => camera !== undefined).length;
  return order.flatMap((frame, index) => {
    if (cameras[index] !== undefined) return [];
    return [{ frame, reason: `It has too little in common with the ${found} photos that fit together.` }];
  });
}

function compareKeys(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function addTask(tasks: TaskSpec[], task: TaskSpec): number {
  tasks.push(task);
  return tasks.length - 1;
}

/** The first power of two that makes the level small enough. */
export function levelFactor(width: number, height: number): number {
  let factor = 1;
  while (factor < 64 && Math.ceil(width / factor) * Math.ceil(height / factor) > levelPixels) factor *= 2;
  return factor;
}

function addLevel(tasks: TaskSpec[], { full, reduced }: PanoramaFrame): FrameLevel {
  if (reduced !== undefined) return reduced;
  const factor = levelFactor(full.width, full.height);
  return factor === 1 ? full : reduceLevel(tasks, full, factor);
}

/** The seams do not depend on the size of the canvas, so they are known before it is chosen. */
function addSeams(
  tasks: TaskSpec[],
  cameras: number,
  features: readonly number[],
): { readonly name: string; readonly from: InputRef }[] {
  return projectionNames.map((projection) => {
    const task = addTask(tasks, {
      fn: "panoramaSeams",
      args: [projectionNumbers[projection]],
      inputs: [{ task: cameras, output: 0 }, ...features.map((from) => ({ task: from, output: 2 }))],
      outputs: 1,
      cost: 100 + features.length * 60,
      memoryBytes: 128 * mebibyte,
      outputBytes: 500_000,
      stage: "seams",
    });
    return { name: registrationNames.seams(projection), from: { task, output: 0 } };
  });
}

function addFeatures(tasks: TaskSpec[], level: FrameLevel): number {
  const pixels = level.width * level.height;
  return addTask(tasks, {
    fn: "panoramaFeatures",
    args: [level.side, columnsOf(level)],
    inputs: level.tiles,
    outputs: 3,
    cost: 20 + pixels / 4000,
    memoryBytes: 16 * mebibyte + pixels * 40,
    outputBytes: pixels * 1.5 + 100_000,
    stage: "features",
  });
}

function addMatches(
  tasks: TaskSpec[],
  frames: readonly PanoramaFrame[],
  levels: readonly FrameLevel[],
  features: readonly number[],
): InputRef[] {
  const sizes = frames.map(({ full }, index) => [levels[index]?.factor ?? 1, full.width, full.height]);
  const matches: InputRef[] = [];
  for (const [a, featuresA] of features.entries()) {
    for (const [b, featuresB] of features.entries()) {
      if (b <= a) continue;
      const task = addTask(tasks, {
        fn: "panoramaMatch",
        args: [seedOf(`${frames[a]?.key} ${frames[b]?.key}`), ...(sizes[a] ?? []), ...(sizes[b] ?? [])],
        inputs: [featuresA, featuresB].flatMap((from) => [
          { task: from, output: 0 },
          { task: from, output: 1 },
        ]),
        outputs: 1,
        cost: 60,
        memoryBytes: 64 * mebibyte,
        outputBytes: 8192,
        stage: "matches",
      });
      matches.push({ task, output: 0 });
    }
  }
  return matches;
}

/** FNV-1a of 31 bits: where a pair's random numbers begin. */
function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const unit of text) hash = Math.imul(hash ^ (unit.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 1;
}
