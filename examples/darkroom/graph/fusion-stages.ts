import { graphLimits, type TaskSpec } from "#api/burst-graph.ts";
import type { InputRef } from "#burst/graph.ts";
import { fusionCosts, type FusionCosts } from "./fusion-costs.ts";
import { downWindow, type PyramidPlan, upWindow } from "./fusion-windows.ts";
import { sampleNumber } from "./tile-format.ts";
import { meets, type PlacedTile, type Region, regionsOf } from "./tile-grid.ts";

/** A frame of a bracket or a layer of a panorama, in the picture's coordinates. */
export interface FusionFrame {
  /** Its samples: grey, RGB, or RGB and a factor of the weight. */
  readonly tiles: readonly PlacedTile[];
  /** Factors of its weight; 0 where none of them lies. A bracket's frame without ghosts has none. */
  readonly masks?: readonly PlacedTile[];
}

/** Exponents of the measures: contrast, saturation and well-exposedness, 0 … 8 each. */
export interface FusionWeights {
  readonly contrast: number;
  readonly saturation: number;
  readonly exposure: number;
}

/** What the last stage gives; fixed point is for a normalisation that follows. */
export type FusionOutput = "u8" | "u16" | "f32" | "fixed";

export interface FusionStages {
  readonly plan: PyramidPlan;
  readonly frames: readonly FusionFrame[];
  /** The measures that weigh a bracket; absent for layers, which their masks weigh alone and which may cover a part of the picture. */
  readonly weights?: FusionWeights;
  readonly output: FusionOutput;
  /** Whether a fourth channel says where there is anything. */
  readonly alpha: boolean;
  /** Bytes of a pixel of the frames with its mask: 3 for RGB in u8. */
  readonly pixelBytes: number;
  /** First word of the stages' names: "fuse", "blend". */
  readonly name: string;
}

/** A tile of the result, and its histograms when it is in fixed point. */
export interface FusedTile extends PlacedTile {
  readonly histogram?: InputRef;
}

/** A frame that meets a window: its index in the job, and its tiles that do. */
interface Part {
  readonly frame: number;
  readonly tiles: readonly PlacedTile[];
  readonly masks: readonly PlacedTile[] | undefined;
}

/** Adds the three stages of the fusion kernel (assembly/fusion.ts) to a job's tasks. Their inputs may be blobs or outputs of tasks that are there already. */
export function addFusion(tasks: TaskSpec[], stages: FusionStages): FusedTile[] {
  const { plan } = stages;
  const costs = fusionCosts(plan, stages.pixelBytes);
  const regions = regionsOf(plan.width, plan.height, plan.tile);
  const parts: { from: InputRef; frame: number; tile: number }[] = [];
  for (const [tile, region] of regions.entries()) {
    const task = addDown(tasks, stages, costs, region);
    for (const [output, frame] of task.frames.entries()) {
      parts.push({ from: { task: task.number, output }, frame, tile });
    }
  }
  const { frames } = stages;
  const reduce = tasks.length;
  push(tasks, {
    fn: "fusionReduce",
    args: [
      ...numbersOf(plan),
      frames.length,
      modeOf(stages),
      ...parts.flatMap(({ frame, tile }) => [frame, tile]),
    ],
    inputs: parts.map(({ from }) => from),
    outputs: regions.length,
    stage: `${stages.name} coarse`,
    ...costs.reduce(frames.length, parts.length / regions.length),
  });
  return regions.map((region, tile) => addUp(tasks, stages, costs, region, { task: reduce, output: tile }));
}

function addDown(
  tasks: TaskSpec[],
  stages: FusionStages,
  costs: FusionCosts,
  region: Region,
): { readonly number: number; readonly frames: readonly number[] } {
  const parts = partsIn(stages, downWindow(stages.plan, region));
  const number = tasks.length;
  if (parts.length === 0) return { number, frames: [] };
  push(tasks, {
    fn: "fusionDown",
    args: sceneOf(stages, region, parts),
    inputs: inputsOf(parts),
    outputs: parts.length,
    stage: `${stages.name} down`,
    place: placeOf(region),
    ...costs.down(region, parts.length),
  });
  return { number, frames: parts.map(({ frame }) => frame) };
}

function addUp(
  tasks: TaskSpec[],
  stages: FusionStages,
  costs: FusionCosts,
  region: Region,
  coarse: InputRef,
): FusedTile {
  const parts = partsIn(stages, upWindow(stages.plan, region));
  const task = tasks.length;
  const fixed = stages.output === "fixed";
  // A part of a panorama that no layer reaches still needs its empty tile: one layer without samples makes it.
  const reaching = parts.length > 0 ? parts : [{ frame: 0, tiles: [], masks: undefined }];
  push(tasks, {
    fn: "fusionUp",
    args: sceneOf(stages, region, reaching),
    inputs: [coarse, ...inputsOf(reaching)],
    outputs: fixed ? 2 : 1,
    stage: `${stages.name} up`,
    place: placeOf(region),
    ...costs.up(region, reaching.length, stages.output, stages.alpha ? 4 : 3),
  });
  const tile = { ...placeOf(region), from: { task, output: 0 } };
  return fixed ? { ...tile, histogram: { task, output: 1 } } : tile;
}

/** The kernel takes only numbers and inputs within the limits of a task. */
function push(tasks: TaskSpec[], task: TaskSpec): void {
  if (task.inputs.length > graphLimits.maxInputs || task.args.length > graphLimits.maxArgs) {
    throw new RangeError(`${task.fn} would read more than one task may: the tiles are too large`);
  }
  tasks.push(task);
}

function placeOf({ x, y, width, height }: Region): Region {
  return { x, y, width, height };
}

function partsIn(stages: FusionStages, window: Region): Part[] {
  return stages.frames.flatMap(({ tiles, masks }, frame) => {
    const inside = tiles.filter((tile) => meets(tile, window));
    if (inside.length === 0) return [];
    return [{ frame, tiles: inside, masks: masks?.filter((mask) => meets(mask, window)) }];
  });
}

function modeOf(stages: FusionStages): number {
  return stages.weights === undefined ? 1 : 0;
}

function numbersOf({ width, height, levels, cut, tile }: PyramidPlan): number[] {
  return [width, height, levels, cut, tile];
}

/** The arguments of `fusionDown` and `fusionUp`. */
function sceneOf(stages: FusionStages, region: Region, parts: readonly Part[]): number[] {
  const { plan, weights = { contrast: 0, saturation: 0, exposure: 0 } } = stages;
  return [
    ...numbersOf(plan),
    region.x / plan.tile,
    region.y / plan.tile,
    parts.length,
    modeOf(stages),
    weights.contrast,
    weights.saturation,
    weights.exposure,
    stages.output === "fixed" ? 4 : sampleNumber[stages.output],
    stages.alpha ? 4 : 3,
    ...parts.map(({ masks }) => (masks === undefined ? 0 : 1)),
    ...parts.flatMap(({ tiles, masks = [] }, index) => [
      ...tiles.flatMap(({ x, y }) => [index, 0, x, y]),
      ...masks.flatMap(({ x, y }) => [index, 1, x, y]),
    ]),
  ];
}

function inputsOf(parts: readonly Part[]): InputRef[] {
  return parts.flatMap(({ tiles, masks = [] }) => [...tiles, ...masks].map(({ from }) => from));
}
