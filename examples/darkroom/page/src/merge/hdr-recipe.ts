import type { BlobRef } from "#burst/graph.ts";
import {
  hdrAnalyseGraph,
  hdrRenderGraph,
  hdrResponseGraph,
  hdrSize,
  readHdrTransforms,
} from "#darkroom/graph/hdr.ts";
import type { Frame } from "#darkroom/graph/tile-grid.ts";
import type { Transform } from "#darkroom/graph/transform.ts";
import { HdrPanel } from "./hdr-panel.tsx";
import {
  describeHdr,
  type HdrParameters,
  lightsOf,
  referenceOf,
  toneOf,
  usedPhotos,
  usualHdr,
} from "./hdr-parameters.ts";
import { resultOf } from "./kitchen.ts";
import type { Kitchen, MergePhoto, Recipe, Stroke } from "./recipe.ts";

export interface HdrAnalysis {
  readonly transforms: readonly Transform[] | undefined;
  readonly response: BlobRef | "srgb";
}

/** Below this a photo has too little in common with its neighbours to be sure of where it lies. */
const sureQuality = 0.6;
/** What a stroke makes of a photo's mask. */
const values = { take: 255, avoid: 0 } as const;

/** Brackets: exposure fusion, or radiance and a tone curve. */
export const hdrRecipe: Recipe<HdrParameters, HdrAnalysis> = {
  kind: "hdr",
  title: "Merge to HDR",
  suffix: "HDR",
  usual: () => usualHdr,
  analysisKey: ({ leftOut, reference, isAligned, method, response }) =>
    JSON.stringify([leftOut, reference, isAligned, method === "radiance" ? response : "srgb"]),
  analyse: async (photos, parameters, kitchen) => {
    const bracket = bracketOf(photos, parameters, kitchen);
    if (bracket.photos.length < 2)
      throw new Error("A merge needs two photos at least; take one back into it.");
    const transforms = parameters.isAligned
      ? readHdrTransforms(await resultOf(kitchen, hdrAnalyseGraph(bracket), "transforms"), bracket)
      : undefined;
    const { method, response } = parameters;
    if (method !== "radiance" || response === "srgb") return { transforms, response: "srgb" };
    const graph = hdrResponseGraph({ ...bracket, transforms: transforms ?? [] }, response);
    return { transforms, response: await kitchen.keep(await resultOf(kitchen, graph, "response")) };
  },
  size: (photos) => hdrSize({ photos: photos.map(({ source }) => source) }, 0),
  render: async (photos, { transforms, response }, parameters, { level, keeping }, kitchen) => {
    const bracket = bracketOf(photos, parameters, kitchen);
    const { weights, isStretched, ghosts } = parameters;
    return hdrRenderGraph({
      ...bracket,
      transforms,
      response,
      level,
      output: keeping.output,
      painted: await paintedMasks(usedPhotos(photos, parameters), parameters.strokes, level, kitchen),
      ...(ghosts === "none" ? {} : { ghosts }),
      method:
        parameters.method === "fusion"
          ? { kind: "fusion", weights, ...(isStretched ? { normalise: stretch } : {}) }
          : { kind: "radiance", tone: toneOf(parameters), keepRadiance: keeping.radiance },
    });
  },
  before: (photos, parameters) => {
    const used = usedPhotos(photos, parameters);
    return used[referenceOf(used, parameters)];
  },
  hasRadiance: ({ method }) => method === "radiance",
  used: usedPhotos,
  remarks: (photos, { transforms }, parameters) =>
    usedPhotos(photos, parameters).flatMap(({ photo }, index) => {
      const quality = transforms?.[index]?.quality ?? 1;
      return quality < sureQuality
        ? [`${photo.name} may not lie exactly upon the others; leave it out if edges look double.`]
        : [];
    }),
  describe: describeHdr,
  Panel: HdrPanel,
  frames: {
    isUsed: ({ leftOut }, { photo }) => !leftOut.includes(photo.hash),
    isReference: (parameters, photos, { photo }) => {
      const used = usedPhotos(photos, parameters);
      return used[referenceOf(used, parameters)]?.photo.hash === photo.hash;
    },
    use: (parameters, { photo }, isUsed) => ({
      ...parameters,
      leftOut: isUsed
        ? parameters.leftOut.filter((hash) => hash !== photo.hash)
        : [...parameters.leftOut, photo.hash],
    }),
    lead: (parameters, { photo }) => ({ ...parameters, reference: photo.hash }),
  },
  brush: {
    strokes: ({ strokes }) => strokes,
    paint: (parameters, strokes) => ({ ...parameters, strokes }),
  },
};

/** Percent of the pixels that a stretched result may lose at each end. */
const stretch = { blackPercent: 0.5, whitePercent: 0.5 };

function bracketOf(photos: readonly MergePhoto[], parameters: HdrParameters, { packageHash }: Kitchen) {
  const used = usedPhotos(photos, parameters);
  return {
    packageHash,
    photos: used.map(({ source }) => source),
    exposures: lightsOf(used),
    reference: referenceOf(used, parameters),
  };
}

/** Masks of all photos, as far as strokes touch them: where one photo is taken, the others are not. */
async function paintedMasks(
  used: readonly MergePhoto[],
  strokes: readonly Stroke[],
  level: number,
  kitchen: Kitchen,
): Promise<readonly (Frame | undefined)[] | undefined> {
  // A photo that was left out after it was painted can be taken nowhere; its strokes mean something again when it is back.
  const meant = strokes.filter((stroke) => used.some(({ photo }) => photo.hash === stroke.photo));
  if (meant.length === 0) return undefined;
  return await Promise.all(
    used.map(async ({ photo, source }) => {
      const lines = meant
        .filter((stroke) => stroke.kind === "take" || stroke.photo === photo.hash)
        .map(({ radius, points, kind, photo: of }) => ({
          radius,
          points,
          value: of === photo.hash ? values[kind] : values.avoid,
        }));
      if (lines.length === 0) return undefined;
      const size = hdrSize({ photos: [source] }, level);
      const tiles = await kitchen.masks({ ...size, level, lines });
      return { ...size, tiles: await Promise.all(tiles.map(async (tile) => await kitchen.keep(tile))) };
    }),
  );
}
