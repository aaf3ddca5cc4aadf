import type { BlobRef, InputRef, JobGraph, TaskSpec } from "#burst/graph.ts";
import { alignGraph } from "./align-graph.ts";
import { addAlignedBracket, type Bracket } from "./aligned-bracket.ts";
import { addDecoded, levelSize, maxLevel, type PhotoSource } from "./decoded-frame.ts";
import { addBracketFusion, type Normalisation } from "./fusion.ts";
import type { FusionWeights } from "./fusion-stages.ts";
import type { GhostAmount } from "./ghost-masks.ts";
import { addRadiance, usualTile } from "./radiance-graph.ts";
import { addResponse, type KnownResponse, responseGraph, type ResponseOptions } from "./response-graph.ts";
import { type Frame, placedTilesOf } from "./tile-grid.ts";
import { addToneMap, type ToneMapping } from "./tone-map.ts";
import { fullTransform, readTransforms, scaledTransform, type Transform } from "./transform.ts";

/** A bracket: photos of one size, and how much light each took, in any unit. */
export interface HdrBracket {
  /** Hash of the kernel package's manifest. */
  readonly packageHash: string;
  readonly photos: readonly PhotoSource[];
  readonly exposures: readonly number[];
  /** The photo that stays where it is, and that what moves is taken from. */
  readonly reference: number;
}

export type HdrMethod =
  | {
      readonly kind: "fusion";
      readonly weights: FusionWeights;
      /** Absent: the result is clipped to 0 … 1. */
      readonly normalise?: Normalisation | undefined;
    }
  | {
      readonly kind: "radiance";
      readonly tone: ToneMapping;
      /** Whether the radiance is a result too, for OpenEXR and Radiance files. */
      readonly keepRadiance: boolean;
    };

export interface HdrRenderOptions extends HdrBracket {
  readonly method: HdrMethod;
  /** From `readHdrTransforms`; absent when the photos lie upon each other. */
  readonly transforms?: readonly Transform[] | undefined;
  /** What `hdrResponseGraph` found, or a response that is known. */
  readonly response: BlobRef | KnownResponse;
  readonly ghosts?: GhostAmount | undefined;
  /** At this level; see `BracketOptions.painted`. */
  readonly painted?: readonly (Frame | undefined)[] | undefined;
  /** 0 is full size, each further one half of it in both directions. */
  readonly level: number;
  readonly output: "u8" | "u16";
  /** Side of the parts that a task works on, a multiple of 256. It changes no bit of the result. */
  readonly tile?: number | undefined;
}

/** Bytes of a pixel of a decoded photo. */
export const pixelBytes = 3;
/** More pixels make neither a registration nor a response better. */
const analysisPixels = 2 * 1024 ** 2;

/** The level at which a bracket is measured. */
export function hdrAnalysisLevel({ photos }: Pick<HdrBracket, "photos">): number {
  const first = photos[0];
  if (first === undefined) throw new RangeError("the bracket has no photos");
  let level = 0;
  while (level < maxLevel && (first.width * first.height) / 4 ** level > analysisPixels) level++;
  return level;
}

/** First phase: how the photos lie upon each other. A result "transforms" for `readHdrTransforms`. */
export function hdrAnalyseGraph(bracket: HdrBracket): JobGraph {
  const tasks: TaskSpec[] = [];
  const frames = decodedFrames(tasks, bracket, hdrAnalysisLevel(bracket));
  return alignGraph({ ...bracket, frames }, tasks);
}

/** Reads the result of `hdrAnalyseGraph`: transforms of the full size. */
export function readHdrTransforms(bytes: Uint8Array, bracket: HdrBracket): Transform[] {
  const scale = 2 ** hdrAnalysisLevel(bracket);
  return readTransforms(bytes).map((transform) => fullTransform(transform, scale));
}

/** Second phase, for a radiance merge: the camera's response, a result "response". */
export function hdrResponseGraph(
  bracket: HdrBracket & { readonly transforms: readonly Transform[] },
  method: ResponseOptions["method"] = "debevec",
): JobGraph {
  const tasks: TaskSpec[] = [];
  const level = hdrAnalysisLevel(bracket);
  const { frames } = addAlignedBracket(tasks, {
    ...bracket,
    frames: decodedFrames(tasks, bracket, level),
    transforms: bracket.transforms.map((transform) => scaledTransform(transform, 2 ** level)),
    pixelBytes,
    response: addResponse(tasks, "srgb"),
    tile: 1024,
  });
  return responseGraph({ ...bracket, frames, pixelBytes, method }, tasks);
}

export interface Rendering {
  readonly graph: JobGraph;
  readonly width: number;
  readonly height: number;
}

/**
 * The merge itself, from the photos to tiles: at full size, and at a higher level for a preview. Results "x,y", and "radiance x,y" when the radiance is kept: tiles with these places.
 */
export function hdrRenderGraph(options: HdrRenderOptions): Rendering {
  const tasks: TaskSpec[] = [];
  const { packageHash, method, output } = options;
  const { bracket, response, tile } = addHdrFrames(tasks, options);
  const results =
    method.kind === "fusion"
      ? fused(tasks, bracket, method, options)
      : addTonedResults(
          tasks,
          addRadiance(tasks, bracket, { ...options, pixelBytes, response, tile }),
          method,
          { output, tile },
        );
  return { graph: { package: packageHash, tasks, results }, ...hdrSize(options, options.level) };
}

/** What makes frames of a bracket's photos; its response may be of an earlier task. */
export type HdrFramesOptions = HdrBracket &
  Pick<HdrRenderOptions, "transforms" | "ghosts" | "painted" | "level" | "tile"> & {
    readonly response: InputRef | KnownResponse;
  };

/** The photos decoded at a level, lying upon each other, and what a merge of them takes besides. */
export function addHdrFrames(
  tasks: TaskSpec[],
  options: HdrFramesOptions,
): { readonly bracket: Bracket; readonly response: InputRef; readonly tile: number } {
  const { level } = options;
  const frames = decodedFrames(tasks, options, level);
  const tile = options.tile ?? usualTile({ frames, pixelBytes });
  const response =
    typeof options.response === "string" ? addResponse(tasks, options.response) : options.response;
  const bracket = addAlignedBracket(tasks, {
    ...options,
    frames,
    transforms: options.transforms?.map((transform) => scaledTransform(transform, 2 ** level)),
    pixelBytes,
    response,
    tile,
  });
  return { bracket, response, tile };
}

function decodedFrames(tasks: TaskSpec[], { photos, exposures }: HdrBracket, level: number): Frame[] {
  const first = photos[0];
  if (first === undefined || photos.length !== exposures.length)
    throw new RangeError("the bracket has no photos, or other photos than exposures");
  if (photos.some(({ width, height }) => width !== first.width || height !== first.height))
    throw new RangeError("the photos are not of one size");
  return photos.map((photo) => addDecoded(tasks, photo, level));
}

type Results = JobGraph["results"];

function fused(
  tasks: TaskSpec[],
  { frames, masks }: Bracket,
  { weights, normalise }: Extract<HdrMethod, { kind: "fusion" }>,
  { packageHash, output, tile }: HdrRenderOptions,
): Results {
  const placed = addBracketFusion(tasks, {
    packageHash,
    frames,
    weights,
    output,
    ...(masks.every((mask) => mask === undefined) ? {} : { masks }),
    ...(normalise === undefined ? {} : { normalise }),
    ...(tile === undefined ? {} : { tile }),
  });
  return placed.map(({ x, y, from }) => ({ name: `${x},${y}`, from }));
}

/** Radiance as a picture for screens: results "x,y", and "radiance x,y" when it is kept. */
export function addTonedResults(
  tasks: TaskSpec[],
  radiance: Frame,
  { tone, keepRadiance }: Extract<HdrMethod, { kind: "radiance" }>,
  { output, tile }: { readonly output: "u8" | "u16"; readonly tile: number },
): Results {
  const mapped = addToneMap(tasks, radiance, tone, output, tile);
  const named = (frame: Frame, prefix: string): Results =>
    placedTilesOf(frame).map(({ x, y, from }) => ({ name: `${prefix}${x},${y}`, from }));
  return [...named(mapped, ""), ...(keepRadiance ? named(radiance, "radiance ") : [])];
}

/** The size of what `hdrRenderGraph` gives at a level. */
export function hdrSize({ photos }: Pick<HdrBracket, "photos">, level: number) {
  const first = photos[0];
  if (first === undefined) throw new RangeError("the bracket has no photos");
  return levelSize(first, level);
}
