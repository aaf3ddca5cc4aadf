import type { InputRef, TaskSpec } from "#burst/graph.ts";
import {
  addTask,
  assembled,
  memoryFor,
  milliseconds,
  partArguments,
  partsOf,
  placeOf,
  type Size,
  tilesOf,
} from "./picture-tasks.ts";
import type { Frame } from "./tile-grid.ts";

/** A curve, and what it does where. */
export interface ToneMapping {
  readonly operator:
    | {
        readonly kind: "reinhard";
        /** Stops above the brightest of the picture that become white. */ readonly white: number;
      }
    | {
        readonly kind: "drago";
        /** 0.5 … 1: how strongly highlights are compressed. */ readonly bias: number;
      }
    | {
        readonly kind: "durand";
        /** Stops that are left between black and white. */ readonly contrast: number;
      };
  /** The curve follows the brightness of the surroundings (bilateral grid) and keeps local contrast, not that of each pixel. */
  readonly local: boolean;
  /** In stops. */
  readonly exposure: number;
  /** 1 leaves it; 0 is grey, 2 is twice as much. */
  readonly saturation: number;
}

/** What a new picture starts with. */
export const usualToneMapping: ToneMapping = {
  operator: { kind: "durand", contrast: 5 },
  local: true,
  exposure: 0,
  saturation: 1,
};

/** Cells of the bilateral grid along the longer side. */
const cellsAcross = 48;
/** Octaves that a grid has for each cell. */
const octaves = 48;
const histogramBytes = 3_072 * 4;
const curveBytes = 3_073 * 4 + 16;
/** Nanoseconds for a pixel, as measured. */
const nanoseconds = { statistics: 14, map: 60, slice: 50, curve: 2_000_000 } as const;

/** Adds what turns tiles of radiance into tiles of u8 or u16 with the transfer of sRGB. */
export function addToneMap(
  tasks: TaskSpec[],
  radiance: Frame,
  mapping: ToneMapping,
  output: "u8" | "u16",
  side: number,
): Frame {
  const shift = mapping.local ? cellShift(radiance) : 0;
  const parts = partsOf(radiance.width, radiance.height, side);
  const statistics = parts.map((part) => {
    const pixels = part.width * part.height;
    const gridBytes = mapping.local ? 8 * octaves * cellsOf(part, shift) : 0;
    return addTask(tasks, {
      fn: "toneStatistics",
      args: [...partArguments(radiance, part), shift],
      inputs: tilesOf(radiance, part),
      outputs: mapping.local ? 2 : 1,
      cost: milliseconds(nanoseconds.statistics * pixels),
      memoryBytes: memoryFor(pixels * 12 + histogramBytes + gridBytes),
      outputBytes: histogramBytes + gridBytes,
      stage: "tone measure",
      place: placeOf(part),
    });
  });
  const shared = [
    ...addCurve(
      tasks,
      mapping,
      statistics.flatMap(([histogram]) => histogram ?? []),
    ),
    ...(mapping.local
      ? addGrid(
          tasks,
          radiance,
          shift,
          parts,
          statistics.flatMap(([, grid]) => grid ?? []),
        )
      : []),
  ];
  const bits = output === "u8" ? 8 : 16;
  const made = parts.map((part) => {
    const pixels = part.width * part.height;
    const outputBytes = (pixels * 3 * bits) / 8 + part.tiles.length * 16;
    const outputs = addTask(tasks, {
      fn: "toneMap",
      args: [...partArguments(radiance, part), bits, mapping.saturation, shift],
      inputs: [...tilesOf(radiance, part), ...shared],
      outputs: part.tiles.length,
      cost: milliseconds((nanoseconds.map + (mapping.local ? nanoseconds.slice : 0)) * pixels),
      memoryBytes: memoryFor(pixels * 12 + outputBytes + 8 * octaves * cellsOf(radiance, shift || 10)),
      outputBytes,
      stage: "tone map",
      place: placeOf(part),
    });
    return { part, outputs };
  });
  return assembled(radiance, made);
}

/** log2 of a cell's side, 3 … 10: the picture is about 48 cells long at any scale. */
function cellShift({ width, height }: Size): number {
  let shift = 3;
  while (shift < 10 && Math.max(width, height) > cellsAcross << shift) shift++;
  return shift;
}

function cellsOf({ width, height }: Size, shift: number): number {
  return ((width >> shift) + 2) * ((height >> shift) + 2);
}

function addCurve(tasks: TaskSpec[], mapping: ToneMapping, histograms: readonly InputRef[]): InputRef[] {
  return addTask(tasks, {
    fn: "toneCurve",
    args: [...operatorArguments(mapping)],
    inputs: histograms,
    outputs: 1,
    cost: milliseconds(nanoseconds.curve),
    memoryBytes: memoryFor(histograms.length * histogramBytes),
    outputBytes: curveBytes,
    stage: "tone curve",
  });
}

function operatorArguments({ operator, exposure }: ToneMapping): [number, number, number] {
  switch (operator.kind) {
    case "reinhard":
      return [0, exposure, operator.white];
    case "drago":
      return [1, exposure, operator.bias];
    case "durand":
      return [2, exposure, operator.contrast];
  }
}

function addGrid(
  tasks: TaskSpec[],
  { width, height }: Size,
  shift: number,
  parts: ReturnType<typeof partsOf>,
  grids: readonly InputRef[],
): InputRef[] {
  const bins = cellsOf({ width, height }, shift) * octaves;
  return addTask(tasks, {
    fn: "toneGrid",
    args: [
      width,
      height,
      shift,
      ...parts.flatMap(({ column, row, columns, rows }) => [column, row, columns, rows]),
    ],
    inputs: grids,
    outputs: 1,
    cost: milliseconds(200 * bins),
    memoryBytes: memoryFor(bins * 64),
    outputBytes: bins * 8,
    stage: "tone curve",
  });
}
