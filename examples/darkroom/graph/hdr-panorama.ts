import type { BlobRef, TaskSpec } from "#burst/graph.ts";
import { addBracketFusion } from "./fusion.ts";
import type { FusionWeights } from "./fusion-stages.ts";
import type { GhostAmount } from "./ghost-masks.ts";
import {
  addHdrFrames,
  addTonedResults,
  type HdrBracket,
  type HdrMethod,
  pixelBytes,
  type Rendering,
} from "./hdr.ts";
import type { FrameLevel } from "./panorama-frame.ts";
import { type PanoramaPhoto, type PhotosPanorama, registerPhotosGraph } from "./panorama-photos.ts";
import { addPanorama } from "./panorama.ts";
import { addRadiance } from "./radiance-graph.ts";
import type { KnownResponse } from "./response-graph.ts";
import { storageSide } from "./tile-grid.ts";
import type { Transform } from "./transform.ts";

/** One direction of an HDR panorama: a bracket. */
export interface HdrView extends Omit<HdrBracket, "packageHash"> {
  /** Names its contents: the SHA-256 of its reference. */
  readonly key: string;
  /** Focal length in pixels of the full photos, when EXIF tells it. */
  readonly focal?: number | undefined;
  /** How its photos lie upon each other, from `readHdrTransforms`; absent when they do. */
  readonly transforms?: readonly Transform[] | undefined;
}

export type HdrPanoramaMethod =
  | { readonly kind: "fusion"; readonly weights: FusionWeights }
  | Extract<HdrMethod, { kind: "radiance" }>;

export interface HdrPanoramaOptions extends Omit<PhotosPanorama, "photos"> {
  readonly views: readonly HdrView[];
  readonly method: HdrPanoramaMethod;
  /** One for all views: they are of one camera. */
  readonly response: BlobRef | KnownResponse;
  readonly ghosts?: GhostAmount | undefined;
}

/** First phase: how the views lie, by the reference of each bracket. See `registerPhotosGraph`. */
export function registerViewsGraph(
  packageHash: string,
  views: readonly HdrView[],
): ReturnType<typeof registerPhotosGraph> {
  return registerPhotosGraph(packageHash, views.map(referenceOf));
}

/**
 * The HDR panorama itself, one job from the files to tiles: each view's bracket is merged, and the merged views are stitched; radiance is tone-mapped last, as one picture. Results as
 * `hdrRenderGraph` gives them, black where no photo reaches. Views without a camera are not read.
 */
export function hdrPanoramaGraph(options: HdrPanoramaOptions): Rendering {
  const { packageHash, views, order, cameras, level, method, output } = options;
  const tasks: TaskSpec[] = [];
  const frames = order.map((index, camera) => {
    const view = views[index];
    const isSeen = view !== undefined && cameras.cameras[camera] !== undefined;
    return isSeen ? [addMergedView(tasks, view, options)] : [];
  });
  const common = { ...options, frames, scale: 1 / 2 ** level, alpha: false };
  if (method.kind === "fusion") {
    const { tiles, width, height } = addPanorama(tasks, { ...common, samples: "u16", output });
    const results = tiles.map(({ x, y, from }) => ({ name: `${x},${y}`, from }));
    return { graph: { package: packageHash, tasks, results }, width, height };
  }
  // What maps tones reads storage tiles.
  const drawn = addPanorama(tasks, { ...common, samples: "f32", output: "f32", tile: storageSide });
  const { width, height } = drawn;
  const radiance = { width, height, tiles: drawn.tiles.map(({ from }) => from) };
  const results = addTonedResults(tasks, radiance, method, { output, tile: toneSide });
  return { graph: { package: packageHash, tasks, results }, width, height };
}

/** Side of the parts whose tones one task maps. */
const toneSide = 4 * storageSide;

/** A bracket as a frame of the panorama: fused, in 16 bits, or its radiance. */
function addMergedView(tasks: TaskSpec[], view: HdrView, options: HdrPanoramaOptions): FrameLevel {
  const { packageHash, level, method, ghosts, response: given } = options;
  const own = { ...view, exposures: relativeExposures(view), packageHash, level, ghosts, response: given };
  const { bracket, response, tile } = addHdrFrames(tasks, own);
  const [first] = bracket.frames;
  if (first === undefined) throw new RangeError("a view has no photos");
  const size = { factor: 2 ** level, width: first.width, height: first.height };
  if (method.kind === "radiance") {
    const { tiles } = addRadiance(tasks, bracket, { ...own, pixelBytes, response, tile });
    return { ...size, side: storageSide, tiles };
  }
  const { frames, masks } = bracket;
  const tiles = addBracketFusion(tasks, {
    packageHash,
    frames,
    weights: method.weights,
    output: "u16",
    ...(masks.every((mask) => mask === undefined) ? {} : { masks }),
  });
  const [corner] = tiles;
  // A tile that is not the only one has the side of all, at least in the direction where another follows.
  const side =
    corner === undefined || tiles.length === 1 ? 4 * storageSide : Math.max(corner.width, corner.height);
  return { ...size, side, tiles: tiles.map(({ from }) => from) };
}

/**
 * Exposures against that of the view's reference. What the cameras' gains even out was measured between the references; with these it is right for the radiance as well, also when an
 * automatic camera began each bracket somewhere else.
 */
function relativeExposures({ exposures, reference }: HdrView): readonly number[] {
  const one = exposures[reference];
  if (one === undefined || !(one > 0)) throw new RangeError("the reference of a view has no exposure");
  return exposures.map((exposure) => exposure / one);
}

function referenceOf({ key, focal, photos, reference }: HdrView): PanoramaPhoto {
  const source = photos[reference];
  if (source === undefined) throw new RangeError("a view has no reference");
  return { key, source, focal };
}
