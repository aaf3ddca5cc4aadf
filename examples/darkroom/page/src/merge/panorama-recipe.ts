import {
  panoramaPhotosGraph,
  type PanoramaPhoto,
  registerPhotosGraph,
} from "#darkroom/graph/panorama-photos.ts";
import {
  analyseViews,
  focalOf,
  notFitting,
  type PanoramaAnalysis,
  panoramaSize,
  photosLeftOut,
  requireFew,
} from "./panorama-analysis.ts";
import { PanoramaPanel, type PanoramaParameters } from "./panorama-panel.tsx";
import type { MergePhoto, Recipe } from "./recipe.ts";

/** Views from one place, side by side. */
export const panoramaRecipe: Recipe<PanoramaParameters, PanoramaAnalysis> = {
  kind: "panorama",
  title: "Merge to panorama",
  suffix: "panorama",
  usual: () => ({ projection: "cylindrical", isCropped: true }),
  // Cameras and the seams on all surfaces are found at once.
  analysisKey: () => "",
  analyse: async (photos, _, kitchen) => {
    requireFew(photos.length);
    const graph = registerPhotosGraph(kitchen.packageHash, photos.map(panoramaPhoto));
    return await analyseViews(graph, photos.length, kitchen);
  },
  size: (_, analysis, parameters) => panoramaSize(analysis, parameters),
  render: async (photos, analysis, { projection, isCropped }, { level, keeping }, { packageHash }) => {
    const seams = analysis.seams.get(projection);
    if (seams === undefined) throw new Error(notFitting[projection]);
    return await Promise.resolve(
      panoramaPhotosGraph({
        ...analysis,
        ...seams,
        packageHash,
        photos: photos.map(panoramaPhoto),
        projection,
        crop: isCropped,
        level,
        output: keeping.output,
      }),
    );
  },
  before: () => undefined,
  hasRadiance: () => false,
  used: (photos) => photos,
  remarks: (photos, analysis) => photosLeftOut(analysis, photos),
  describe: ({ projection, isCropped }) => ({ projection, cropped: isCropped }),
  Panel: PanoramaPanel,
};

function panoramaPhoto(given: MergePhoto): PanoramaPhoto {
  return { key: given.photo.hash, source: given.source, focal: focalOf(given) };
}
