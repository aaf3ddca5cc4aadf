import { viewsOf } from "#darkroom/graph/grouping.ts";
import {
  hdrPanoramaGraph,
  type HdrPanoramaMethod,
  type HdrView,
  registerViewsGraph,
} from "#darkroom/graph/hdr-panorama.ts";
import { hdrAnalyseGraph, hdrResponseGraph, readHdrTransforms } from "#darkroom/graph/hdr.ts";
import type { BlobRef } from "#burst/graph.ts";
import { groupedPhoto } from "../data/album-groups.ts";
import { HdrPanoramaPanel, type HdrPanoramaParameters } from "./hdr-panorama-panel.tsx";
import { describeHdr, lightsOf, referenceOf, toneOf, usualHdr } from "./hdr-parameters.ts";
import { resultOf } from "./kitchen.ts";
import {
  analyseViews,
  focalOf,
  notFitting,
  panoramaSize,
  type PanoramaAnalysis,
  photosLeftOut,
  requireFew,
} from "./panorama-analysis.ts";
import type { Kitchen, MergePhoto, Recipe } from "./recipe.ts";

interface HdrPanoramaAnalysis extends PanoramaAnalysis {
  readonly views: readonly HdrView[];
  readonly response: BlobRef | "srgb";
}

/** Views from one place, each a bracket: merged and stitched in one job. */
export const hdrPanoramaRecipe: Recipe<HdrPanoramaParameters, HdrPanoramaAnalysis> = {
  kind: "hdr-panorama",
  title: "Merge to HDR panorama",
  suffix: "HDR-panorama",
  usual: () => ({ ...usualHdr, projection: "cylindrical", isCropped: true }),
  analysisKey: ({ isAligned, method, response }) =>
    JSON.stringify([isAligned, method === "radiance" ? response : "srgb"]),
  analyse,
  size: (_, analysis, parameters) => panoramaSize(analysis, parameters),
  render: async (_, analysis, parameters, { level, keeping }, { packageHash }) => {
    const { projection, isCropped, ghosts } = parameters;
    const seams = analysis.seams.get(projection);
    if (seams === undefined) throw new Error(notFitting[projection]);
    return await Promise.resolve(
      hdrPanoramaGraph({
        ...analysis,
        ...seams,
        packageHash,
        projection,
        crop: isCropped,
        level,
        output: keeping.output,
        ghosts: ghosts === "none" ? undefined : ghosts,
        method: methodOf(parameters, keeping.radiance),
      }),
    );
  },
  before: () => undefined,
  hasRadiance: ({ method }) => method === "radiance",
  used: (photos) => photos,
  remarks: (photos, analysis) =>
    photosLeftOut(
      analysis,
      analysis.views.map(({ key }) => photos.find(({ photo }) => photo.hash === key)),
    ),
  describe: (parameters) => ({
    ...describeHdr(parameters),
    projection: parameters.projection,
    cropped: parameters.isCropped,
  }),
  Panel: HdrPanoramaPanel,
};

function methodOf(parameters: HdrPanoramaParameters, keepRadiance: boolean): HdrPanoramaMethod {
  return parameters.method === "fusion"
    ? { kind: "fusion", weights: parameters.weights }
    : { kind: "radiance", tone: toneOf(parameters), keepRadiance };
}

async function analyse(
  photos: readonly MergePhoto[],
  parameters: HdrPanoramaParameters,
  kitchen: Kitchen,
): Promise<HdrPanoramaAnalysis> {
  const { packageHash } = kitchen;
  const brackets = bracketsOf(photos);
  requireFew(brackets.length);
  const views = await Promise.all(
    brackets.map(async (bracket) => await alignedView(bracket, parameters, kitchen)),
  );
  const found = await analyseViews(registerViewsGraph(packageHash, views), views.length, kitchen);
  const middle = views[views.length >> 1];
  const { method, response } = parameters;
  if (middle === undefined || method !== "radiance" || response === "srgb")
    return { ...found, views, response: "srgb" };
  const asked = { ...middle, packageHash, transforms: middle.transforms ?? [] };
  const graph = hdrResponseGraph(asked, response);
  return { ...found, views, response: await kitchen.keep(await resultOf(kitchen, graph, "response")) };
}

/** The photos of each view. Throws with what to do when they are no equal brackets. */
function bracketsOf(photos: readonly MergePhoto[]): readonly (readonly MergePhoto[])[] {
  const known = new Map(photos.map((one) => [one.photo.hash, one]));
  const views = viewsOf(photos.map(({ photo }) => groupedPhoto(photo)));
  if (views === undefined)
    throw new Error(
      "An HDR panorama needs the same exposures of every view, such as three views of three photos each; choose all of them, and nothing else.",
    );
  return views.map((hashes) => hashes.flatMap((hash) => known.get(hash) ?? []));
}

async function alignedView(
  bracket: readonly MergePhoto[],
  parameters: HdrPanoramaParameters,
  kitchen: Kitchen,
): Promise<HdrView> {
  const reference = referenceOf(bracket, parameters);
  const leading = bracket[reference];
  if (leading === undefined) throw new Error("A view has no photos.");
  const photos = bracket.map(({ source }) => source);
  const view = { photos, exposures: lightsOf(bracket), reference };
  const common = { ...view, key: leading.photo.hash, focal: focalOf(leading) };
  if (!parameters.isAligned) return common;
  const asked = { ...view, packageHash: kitchen.packageHash };
  const transforms = await resultOf(kitchen, hdrAnalyseGraph(asked), "transforms");
  return { ...common, transforms: readHdrTransforms(transforms, asked) };
}
