import type { BlobRef } from "#burst/graph.ts";
import {
  type PanoramaCameras,
  type Projection,
  projectionNames,
  readPanoramaCameras,
} from "#darkroom/graph/panorama-cameras.ts";
import type { registerPhotosGraph } from "#darkroom/graph/panorama-photos.ts";
import { framesLeftOut, maxPanoramaFrames, registrationNames } from "#darkroom/graph/panorama-register.ts";
import { type PanoramaSeams, readPanoramaSeams } from "#darkroom/graph/panorama-seams.ts";
import { panoramaCanvas } from "#darkroom/graph/panorama.ts";
import type { Kitchen, MergePhoto } from "./recipe.ts";

/** How views lie, of single photos or of brackets. */
export interface PanoramaAnalysis {
  /** Index of the view that each camera belongs to. */
  readonly order: readonly number[];
  readonly cameras: PanoramaCameras;
  readonly camerasBlob: BlobRef;
  readonly seams: ReadonlyMap<Projection, { readonly seams: PanoramaSeams; readonly seamsBlob: BlobRef }>;
}

export const notFitting: Readonly<Record<Projection, string>> = {
  rectilinear: "These photos reach too far around to be drawn flat; choose cylindrical or spherical.",
  cylindrical: "These photos reach too far up or down for a cylinder; choose spherical.",
  spherical: "These photos do not fit onto a sphere; choose others.",
};

/** Cameras and the seams on all surfaces, found at once. Rejects with what to do about the photos. */
export async function analyseViews(
  { graph, order }: ReturnType<typeof registerPhotosGraph>,
  views: number,
  kitchen: Kitchen,
): Promise<PanoramaAnalysis> {
  const results = await kitchen.run(graph);
  const camerasBytes = results.get(registrationNames.cameras);
  if (camerasBytes === undefined) throw new Error("The analysis gave no cameras.");
  const cameras = readPanoramaCameras(camerasBytes);
  if (cameras.cameras.filter((camera) => camera !== undefined).length < Math.min(2, views))
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

/** Size of the full result. Throws with what to do when it does not fit onto the surface. */
export function panoramaSize(
  { cameras }: PanoramaAnalysis,
  { projection, isCropped }: { readonly projection: Projection; readonly isCropped: boolean },
): { width: number; height: number } {
  if (cameras.layouts[projection] === undefined) throw new Error(notFitting[projection]);
  const { width, height } = panoramaCanvas(cameras, projection, isCropped, 1);
  return { width, height };
}

/** In words: `shown` are the photos that stand for the views. */
export function photosLeftOut(
  analysis: PanoramaAnalysis,
  shown: readonly (MergePhoto | undefined)[],
): readonly string[] {
  return framesLeftOut(analysis, analysis.cameras).map(
    ({ frame, reason }) => `${shown[frame]?.photo.name ?? "A photo"} is left out. ${reason}`,
  );
}

/** Throws when there are more views than one adjustment takes. */
export function requireFew(views: number): void {
  if (views > maxPanoramaFrames)
    throw new Error(`A panorama has ${maxPanoramaFrames} views at most; choose fewer.`);
}

/** Diagonal of a frame of 24 × 36 mm, which EXIF's equivalent focal lengths are for. */
const diagonal35 = Math.hypot(24, 36);

/** Focal length in pixels, when EXIF tells it. */
export function focalOf({ photo, source }: MergePhoto): number | undefined {
  const { focalLength35 } = photo.exif;
  if (focalLength35 === undefined) return undefined;
  return (focalLength35 / diagonal35) * Math.hypot(source.width, source.height);
}
