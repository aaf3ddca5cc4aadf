import type { BlobRef } from "#burst/graph.ts";
import {
  type PanoramaCameras,
  type Projection,
  projectionNames,
  readPanoramaCameras,
} from "#darkroom/graph/panorama-cameras.ts";
import {
  type PanoramaPhoto,
  panoramaPhotosGraph,
  registerPhotosGraph,
} from "#darkroom/graph/panorama-photos.ts";
import { framesLeftOut, maxPanoramaFrames, registrationNames } from "#darkroom/graph/panorama-register.ts";
import { type PanoramaSeams, readPanoramaSeams } from "#darkroom/graph/panorama-seams.ts";
import { panoramaCanvas } from "#darkroom/graph/panorama.ts";
import { PanoramaPanel, type PanoramaParameters } from "./panorama-panel.tsx";
import type { Kitchen, MergePhoto, Recipe } from "./recipe.ts";

export interface PanoramaAnalysis {
  /** Index of the photo that each camera belongs to. */
  readonly order: readonly number[];
  readonly cameras: PanoramaCameras;
  readonly camerasBlob: BlobRef;
  readonly seams: ReadonlyMap<Projection, { readonly seams: PanoramaSeams; readonly seamsBlob: BlobRef }>;
}

/** Diagonal of a frame of 24 × 36 mm, which EXIF's equivalent focal lengths are for. */
const diagonal35 = Math.hypot(24, 36);

/** Views from one place, side by side. */
export const panoramaRecipe: Recipe<PanoramaParameters, PanoramaAnalysis> = {
  kind: "panorama",
  title: "Merge to panorama",
  suffix: "panorama",
  usual: () => ({ projection: "cylindrical", isCropped: true }),
  // Cameras and the seams on all surfaces are found at once.
  analysisKey: () => "",
  analyse: async (photos, _, kitchen) => await analyse(photos, kitchen),
  size: (_, { cameras }, { projection, isCropped }) => {
    if (cameras.layouts[projection] === undefined) throw new Error(notFitting[projection]);
    const { width, height } = panoramaCanvas(cameras, projection, isCropped, 1);
    return { width, height };
  },
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
  remarks: (photos, analysis) =>
    framesLeftOut(analysis, analysis.cameras).map(
      ({ frame, reason }) => `${photos[frame]?.photo.name ?? "A photo"} is left out. ${reason}`,
    ),
  describe: ({ projection, isCropped }) => ({ projection, cropped: isCropped }),
  Panel: PanoramaPanel,
};

const notFitting: Readonly<Record<Projection, string>> = {
  rectilinear: "These photos reach too far around to be drawn flat; choose cylindrical or spherical.",
  cylindrical: "These photos reach too far up or down for a cylinder; choose spherical.",
  spherical: "These photos do not fit onto a sphere; choose others.",
};

async function analyse(photos: readonly MergePhoto[], kitchen: Kitchen): Promise<PanoramaAnalysis> {
  if (photos.length > maxPanoramaFrames)
    throw new Error(`A panorama has ${maxPanoramaFrames} photos at most; choose fewer.`);
  const { graph, order } = registerPhotosGraph(kitchen.packageHash, photos.map(panoramaPhoto));
  const results = await kitchen.run(graph);
  const camerasBytes = results.get(registrationNames.cameras);
  if (camerasBytes === undefined) throw new Error("The analysis gave no cameras.");
  const cameras = readPanoramaCameras(camerasBytes);
  if (cameras.cameras.filter((camera) => camera !== undefined).length < 2)
    throw new Error("These photos have too little in common: neighbours should overlap by a third.");
  const seams: PanoramaAnalysis["seams"] = new Map(
    await Promise.all(
      projectionNames.flatMap((projection) => {
        const bytes = results.get(registrationNames.seams(projection));
        if (bytes === undefined || cameras.layouts[projection] === undefined) return [];
        return [keptSeams(projection, bytes, kitchen)];
      }),
    ),
  );
  return { order, cameras, camerasBlob: await kitchen.keep(camerasBytes), seams };
}

async function keptSeams(projection: Projection, bytes: Uint8Array<ArrayBuffer>, kitchen: Kitchen) {
  return [projection, { seams: readPanoramaSeams(bytes), seamsBlob: await kitchen.keep(bytes) }] as const;
}

function panoramaPhoto({ photo, source }: MergePhoto): PanoramaPhoto {
  const { focalLength35 } = photo.exif;
  const diagonal = Math.hypot(source.width, source.height);
  const focal = focalLength35 === undefined ? undefined : (focalLength35 / diagonal35) * diagonal;
  return { key: photo.hash, source, focal };
}
