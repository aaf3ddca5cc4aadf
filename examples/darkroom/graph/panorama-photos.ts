import type { BlobRef, JobGraph, TaskSpec } from "#burst/graph.ts";
import { addDecoded, levelSize, maxLevel, type PhotoSource } from "./decoded-frame.ts";
import type { Rendering } from "./hdr.ts";
import { type PanoramaCameras, projectionNames, type Projection } from "./panorama-cameras.ts";
import type { FrameLevel, PanoramaFrame } from "./panorama-frame.ts";
import { levelFactor, registerPanoramaGraph, registrationNames } from "./panorama-register.ts";
import type { PanoramaSeams } from "./panorama-seams.ts";
import { addPanorama } from "./panorama.ts";
import { storageSide } from "./tile-grid.ts";

/** A photo of a panorama, and what is known of it. */
export interface PanoramaPhoto {
  /** SHA-256 of the file. */
  readonly key: string;
  readonly source: PhotoSource;
  /** Focal length in pixels of the full photo, when EXIF tells it. */
  readonly focal?: number | undefined;
}

/** First phase: how the photos lie, from the files on. Results are named by `registrationNames`: the cameras, and the seams on each surface. `order` as registerPanoramaGraph gives it. */
export function registerPhotosGraph(
  packageHash: string,
  photos: readonly PanoramaPhoto[],
): { readonly graph: JobGraph; readonly order: readonly number[] } {
  const tasks: TaskSpec[] = [];
  const frames = photos.map(({ key, source, focal }): PanoramaFrame => {
    const { width, height } = source;
    const level = Math.min(Math.log2(levelFactor(width, height)), maxLevel);
    return {
      key,
      ...(focal === undefined ? {} : { focal }),
      full: { factor: 1, width, height, side: storageSide, tiles: [] },
      reduced: decodedLevel(tasks, source, level),
    };
  });
  const { graph, order } = registerPanoramaGraph(packageHash, frames, tasks);
  const wanted = new Set([registrationNames.cameras, ...projectionNames.map(registrationNames.seams)]);
  return { graph: { ...graph, results: graph.results.filter(({ name }) => wanted.has(name)) }, order };
}

export interface PhotosPanorama {
  readonly packageHash: string;
  readonly photos: readonly PanoramaPhoto[];
  /** Of the registration of the same photos. */
  readonly order: readonly number[];
  readonly cameras: PanoramaCameras;
  readonly camerasBlob: BlobRef;
  readonly projection: Projection;
  readonly seams: PanoramaSeams;
  readonly seamsBlob: BlobRef;
  readonly crop: boolean;
  /** 0 is full size, each further one half of it in both directions. */
  readonly level: number;
  readonly output: "u8" | "u16";
}

/** The panorama itself, from the files to tiles: results "x,y" in RGB, black where no photo reaches. Photos without a camera are not read. */
export function panoramaPhotosGraph(options: PhotosPanorama): Rendering {
  const { packageHash, photos, order, cameras, level } = options;
  const tasks: TaskSpec[] = [];
  const frames = order.map((index, camera) => {
    const photo = photos[index];
    const isSeen = photo !== undefined && cameras.cameras[camera] !== undefined;
    return isSeen ? [decodedLevel(tasks, photo.source, level)] : [];
  });
  const { tiles, width, height } = addPanorama(tasks, {
    ...options,
    frames,
    scale: 1 / 2 ** level,
    samples: "u8",
    alpha: false,
  });
  const results = tiles.map(({ x, y, from }) => ({ name: `${x},${y}`, from }));
  return { graph: { package: packageHash, tasks, results }, width, height };
}

function decodedLevel(tasks: TaskSpec[], source: PhotoSource, level: number): FrameLevel {
  const { tiles } = addDecoded(tasks, source, level);
  return { factor: 2 ** level, ...levelSize(source, level), side: storageSide, tiles };
}
