import type { BlobRef, InputRef, JobGraph, TaskSpec } from "#burst/graph.ts";
import { pyramidPlan } from "./fusion.ts";
import { addFusion, type FusionFrame } from "./fusion-stages.ts";
import { usualLevels } from "./fusion-windows.ts";
import {
  type PanoramaCamera,
  type PanoramaCameras,
  type Projection,
  projectionNumbers,
} from "./panorama-cameras.ts";
import { columnsOf, type FrameLevel, reduceLevel, rowsOf } from "./panorama-frame.ts";
import { type Canvas, seenRegion } from "./panorama-geometry.ts";
import { camerasNear, type PanoramaSeams } from "./panorama-seams.ts";
import type { SampleKind } from "./tile-format.ts";
import { type PlacedTile, type Region, regionsOf, storageSide } from "./tile-grid.ts";

export interface PanoramaOptions {
  /** What the registration found (`readPanoramaCameras`), and the blob itself. */
  readonly cameras: PanoramaCameras;
  readonly camerasBlob: BlobRef;
  readonly projection: Projection;
  /** The seams on that surface (`readPanoramaSeams`), and the blob itself. */
  readonly seams: PanoramaSeams;
  readonly seamsBlob: BlobRef;
  /** For each camera the levels of its frame that are there, of any exposure or merged from several; missing ones are made. */
  readonly frames: readonly (readonly FrameLevel[])[];
  /** Whether only the largest filled rectangle is drawn. */
  readonly crop: boolean;
  /** 1 for full size; a preview is smaller. */
  readonly scale: number;
  /** Kind of the frames' samples, and of the result's unless `output` says another. */
  readonly samples: SampleKind;
  readonly output?: SampleKind;
  /** Whether a fourth channel says where there is anything; so it is without the crop when absent. */
  readonly alpha?: boolean;
  /** Side of the output tiles; what fits into a worker when absent. */
  readonly tile?: number;
}

export interface Panorama {
  readonly graph: JobGraph;
  readonly width: number;
  readonly height: number;
}

/** Pixels of a part that one task warps. */
const partSide = 1024;
/** Most that one side of the canvas may have: tiles and kernels know no more. */
const maxCanvasSide = 65_536;
const sampleBytes: Readonly<Record<SampleKind, number>> = { u8: 1, u16: 2, f32: 4 };
/** How many layers meet in an output tile, at most but for rare corners. */
const layersOfTile = 4;

/** The canvas of a panorama. Throws a RangeError when it does not fit onto the surface, or is too large. */
export function panoramaCanvas(
  cameras: PanoramaCameras,
  projection: Projection,
  crop: boolean,
  scale: number,
): Canvas {
  const layout = cameras.layouts[projection];
  if (layout === undefined) throw new RangeError(`the panorama does not fit onto a ${projection} surface`);
  const { u0, v0, u1, v1 } = crop ? layout.crop : layout.bounds;
  const unit = cameras.focal * scale;
  const width = Math.max(1, Math.floor((u1 - u0) * unit));
  const height = Math.max(1, Math.floor((v1 - v0) * unit));
  if (!(width <= maxCanvasSide && height <= maxCanvasSide))
    throw new RangeError(`a panorama of ${width}×${height} pixels is too large`);
  return { projection, u: u0, v: v0, unit, width, height };
}

/** Draws a panorama: a result "x,y" for each output tile, in colour. */
export function panoramaGraph(packageHash: string, options: PanoramaOptions): Panorama {
  const tasks: TaskSpec[] = [];
  const { tiles, width, height } = addPanorama(tasks, options);
  const results = tiles.map(({ x, y, from }) => ({ name: `${x},${y}`, from }));
  return { graph: { package: packageHash, tasks, results }, width, height };
}

/** The same as a part of a larger job, whose earlier tasks may make the frames: an HDR panorama. */
export function addPanorama(
  tasks: TaskSpec[],
  options: PanoramaOptions,
): { readonly tiles: PlacedTile[]; readonly width: number; readonly height: number } {
  const canvas = panoramaCanvas(options.cameras, options.projection, options.crop, options.scale);
  const { width, height } = canvas;
  const levels = blendLevels(canvas);
  const layers = options.cameras.cameras.flatMap((camera, index) => {
    const layer = camera === undefined ? [] : addLayer(tasks, options, canvas, camera, index, 2 ** levels);
    return layer.length === 0 ? [] : [{ tiles: layer }];
  });
  const pixelBytes = 4 * sampleBytes[options.samples];
  const asked = { width, height, levels, ...(options.tile === undefined ? {} : { tile: options.tile }) };
  const tiles = addFusion(tasks, {
    plan: pyramidPlan(asked, Math.min(layersOfTile, layers.length), pixelBytes, options.samples),
    frames: layers satisfies FusionFrame[],
    output: options.output ?? options.samples,
    alpha: options.alpha ?? !options.crop,
    pixelBytes,
    name: "blend",
  });
  return { tiles, width, height };
}

/** Bands up to a sixteenth of the focal length: wide enough for what gains leave, and the same look at every scale. */
function blendLevels({ unit, width, height }: Canvas): number {
  let levels = 2;
  while (2 ** (levels + 1) * 16 <= unit) levels++;
  return Math.min(levels, usualLevels(width, height));
}

/** The warped tiles of one frame that its mask needs, and `reach` pixels around. */
function addLayer(
  tasks: TaskSpec[],
  options: PanoramaOptions,
  canvas: Canvas,
  camera: PanoramaCamera,
  index: number,
  reach: number,
): PlacedTile[] {
  const { seams } = options;
  const parts = regionsOf(canvas.width, canvas.height, partSide).flatMap((part) => {
    if (!camerasNear(seams, canvas, part, reach).has(index)) return [];
    const tiles = regionsOf(part.width, part.height).map((tile) => ({
      ...tile,
      x: part.x + tile.x,
      y: part.y + tile.y,
    }));
    const seen = seenRegion(canvas, part, camera);
    const needed = tiles.map((tile) => camerasNear(seams, canvas, tile, reach).has(index));
    return seen === undefined ? [] : [{ part, tiles, needed, seen }];
  });
  if (parts.length === 0) return [];
  const level = levelFor(tasks, options, index);
  const mesh = tasks.length;
  tasks.push({
    fn: "panoramaMesh",
    args: [
      index,
      projectionNumbers[canvas.projection],
      canvas.u,
      canvas.v,
      canvas.unit,
      level.factor,
      meshStep(canvas.unit),
      ...parts.flatMap(({ part }) => [part.x, part.y, part.width, part.height]),
    ],
    inputs: [options.camerasBlob, options.seamsBlob],
    outputs: parts.length + 1,
    cost: 5 + parts.length * 2,
    memoryBytes: 16 * 1024 ** 2,
    outputBytes: parts.length * 20_000,
    stage: "meshes",
  });
  return parts.flatMap(({ part, tiles, needed, seen }, number) => {
    const task = tasks.length;
    tasks.push(
      warpTask(options, level, part, seen, { task: mesh, output: 0 }, { task: mesh, output: number + 1 }),
    );
    return tiles.flatMap((tile, output) =>
      needed[output] === true ? [{ ...tile, from: { task, output } }] : [],
    );
  });
}

function warpTask(
  options: PanoramaOptions,
  level: FrameLevel,
  part: Region,
  seen: Region,
  tone: InputRef,
  mesh: InputRef,
): TaskSpec {
  const cell = level.side * level.factor;
  const column = Math.floor(seen.x / cell);
  const row = Math.floor(seen.y / cell);
  const columns = Math.min(Math.floor((seen.x + seen.width - 1) / cell), columnsOf(level) - 1) - column + 1;
  const rows = Math.min(Math.floor((seen.y + seen.height - 1) / cell), rowsOf(level) - 1) - row + 1;
  const tiles = Array.from({ length: rows }, (_, index) => {
    const first = (row + index) * columnsOf(level) + column;
    return level.tiles.slice(first, first + columns);
  });
  const bytes = sampleBytes[options.samples];
  const pixels = part.width * part.height;
  return {
    fn: "panoramaWarp",
    args: [level.width, level.height, level.side, column, row, columns, rows],
    inputs: [tone, mesh, ...tiles.flat()],
    outputs: Math.ceil(part.width / storageSide) * Math.ceil(part.height / storageSide),
    cost: 2 + pixels / 10_000,
    memoryBytes: 4 * 1024 ** 2 + 3 * 4 * bytes * rows * columns * level.side ** 2 + 2 * 4 * bytes * pixels,
    outputBytes: 4 * bytes * pixels,
    stage: "warp",
    place: part,
  };
}

/** The smallest level that still has a pixel for each of the canvas; made from the next larger one when it is not there. */
function levelFor(tasks: TaskSpec[], { frames, scale, samples }: PanoramaOptions, index: number): FrameLevel {
  const fitting = (frames[index] ?? []).filter(({ factor }) => factor === 1 || factor * scale <= 1);
  const [first, ...rest] = fitting;
  if (first === undefined) throw new RangeError(`camera ${index} has no frame`);
  const best = rest.reduce((one, other) => (other.factor > one.factor ? other : one), first);
  let factor = 1;
  while (best.factor * factor * 2 * scale <= 1 && best.factor * factor < 64) factor *= 2;
  return factor === 1 ? best : reduceLevel(tasks, best, factor, sampleBytes[samples]);
}

/** Pixels between the nodes of a mesh: straight lines between them are off by about a tenth of a pixel at most. */
function meshStep(unit: number): number {
  let step = 32;
  while (step > 4 && step * step > 0.4 * unit) step /= 2;
  return step;
}
