// What the tests of panoramas share: the kernels, views of a world that is known, and how far a result is from it.
import { webAssembly, type WasmModule } from "#burst/kernel/web-assembly.ts";
import {
  encodeByte,
  type KnownView,
  lightAt,
  multiply,
  renderView,
  rotationOf,
  type SphereTexture,
  storeLevel,
} from "#test/support/panorama-views.ts";
import { type Blobs, putBlob, runGraph, type TaskOrder } from "#test/support/run-graph.ts";
import { buildKernel } from "../kernels/build-kernel.ts";
import {
  type PanoramaCamera,
  type PanoramaCameras,
  type Projection,
  readPanoramaCameras,
} from "./panorama-cameras.ts";
import type { FrameLevel, PanoramaFrame } from "./panorama-frame.ts";
import type { Canvas } from "./panorama-geometry.ts";
import { registerPanoramaGraph, type RegistrationGraph, registrationNames } from "./panorama-register.ts";
import { readPanoramaSeams } from "./panorama-seams.ts";
import { type Panorama, panoramaGraph, type PanoramaOptions } from "./panorama.ts";
import { decodeTile, type Tile } from "./tile-format.ts";
import { joinTiles } from "./tile-grid.ts";

export const packageHash = "0".repeat(64);
export const degrees = Math.PI / 180;

export type Kernels = (fn: string) => WasmModule;

/** Compiles both modules. */
export async function panoramaKernels(): Promise<Kernels> {
  const panorama = new webAssembly.Module(await buildKernel("panorama"));
  const fusion = new webAssembly.Module(await buildKernel("fusion"));
  return (fn) => (fn.startsWith("fusion") ? fusion : panorama);
}

export interface Registered {
  readonly blobs: Blobs;
  readonly frames: readonly PanoramaFrame[];
  readonly registration: RegistrationGraph;
  readonly results: ReadonlyMap<string, Uint8Array>;
  readonly cameras: PanoramaCameras;
}

export function register(kernels: Kernels, blobs: Blobs, frames: readonly PanoramaFrame[]): Registered {
  const registration = registerPanoramaGraph(packageHash, frames);
  const { results } = runGraph(registration.graph, kernels, blobs);
  return { blobs, frames, registration, results, cameras: readPanoramaCameras(resultOf(results, "cameras")) };
}

export function framesOf(blobs: Blobs, texture: SphereTexture, views: readonly KnownView[]): PanoramaFrame[] {
  return views.map((view, index) => ({
    key: `view ${String(index).padStart(2, "0")}`,
    full: storeLevel(blobs, renderView(texture, view), view.width, view.height),
  }));
}

export function resultOf(results: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const bytes = results.get(name);
  if (bytes === undefined) throw new Error(`there is no result ${name}`);
  return bytes;
}

/** What `panoramaGraph` is called with; the frames in the order of the cameras. */
export function optionsOf(
  { blobs, registration, frames, results, cameras }: Registered,
  projection: Projection,
  given: Partial<PanoramaOptions> = {},
): PanoramaOptions {
  const seams = resultOf(results, registrationNames.seams(projection));
  const levels = registration.order.map((index): FrameLevel[] => {
    const frame = frames[index];
    return frame === undefined ? [] : [frame.full];
  });
  return {
    cameras,
    camerasBlob: putBlob(blobs, resultOf(results, registrationNames.cameras)),
    projection,
    seams: readPanoramaSeams(seams),
    seamsBlob: putBlob(blobs, seams),
    frames: levels,
    crop: true,
    scale: 1,
    samples: "u8",
    ...given,
  };
}

export function draw(kernels: Kernels, blobs: Blobs, options: PanoramaOptions, order?: TaskOrder): Tile {
  const panorama = panoramaGraph(packageHash, options);
  return pictureOf(panorama, runGraph(panorama.graph, kernels, blobs, order).results);
}

export function pictureOf({ width, height }: Panorama, results: ReadonlyMap<string, Uint8Array>): Tile {
  const tiles = [...results].map(([name, bytes]) => {
    const [x = 0, y = 0] = name.split(",").map(Number);
    return { at: { x, y }, tile: decodeTile(bytes) };
  });
  return joinTiles(width, height, tiles);
}

/** Root of the mean square distance, in pixels of the full frames, between where points of one frame truly are in another and where the cameras say. */
export function reprojectionError(cameras: PanoramaCameras, views: readonly KnownView[]): number {
  let squares = 0;
  let count = 0;
  for (const [a, viewA] of views.entries()) {
    for (const [b, viewB] of views.entries()) {
      const one = cameras.cameras[a];
      const other = cameras.cameras[b];
      if (a === b || one === undefined || other === undefined) continue;
      const truth = multiply(rotationOf(viewB), transposed(rotationOf(viewA)));
      for (let y = -0.5; y <= 0.5; y += 0.1) {
        for (let x = -0.5; x <= 0.5; x += 0.1) {
          const px = x * viewA.width;
          const py = y * viewA.height;
          const [tx, ty] = seen(truth, px / viewA.focal, py / viewA.focal, viewB.focal);
          if (Math.abs(tx) > viewB.width / 2 || Math.abs(ty) > viewB.height / 2) continue;
          const [fx, fy] = transferred(one, other, px, py);
          squares += (fx - tx) ** 2 + (fy - ty) ** 2;
          count++;
        }
      }
    }
  }
  return Math.sqrt(squares / count);
}

/** Where a point of one frame is in another, in pixels from their centres; not exact far from a distorted frame's middle. */
export function transferred(
  one: PanoramaCamera,
  other: PanoramaCamera,
  x: number,
  y: number,
): [number, number] {
  const between = multiply(other.rotation, transposed(one.rotation));
  const straight = (1 + (one.distortion * (x ** 2 + y ** 2)) / cornerOf(one)) / one.focal;
  const [fx, fy] = seen(between, x * straight, y * straight, other.focal);
  const back = 1 + (other.distortion * (fx ** 2 + fy ** 2)) / cornerOf(other);
  return [fx / back, fy / back];
}

function cornerOf({ width, height }: PanoramaCamera): number {
  return (width ** 2 + height ** 2) / 4;
}

export function transposed(m: readonly number[]): number[] {
  return [0, 3, 6, 1, 4, 7, 2, 5, 8].map((index) => m[index] ?? 0);
}

function seen(m: readonly number[], x: number, y: number, focal: number): [number, number] {
  const row = (index: number): number => (m[index] ?? 0) * x + (m[index + 1] ?? 0) * y + (m[index + 2] ?? 0);
  return row(6) > 0.05 ? [(focal * row(0)) / row(6), (focal * row(3)) / row(6)] : [1e9, 1e9];
}

/** The panorama that a perfect program would have drawn, in the exposure and the direction of one of the views; u8, three channels. */
export function truePanorama(
  cameras: PanoramaCameras,
  views: readonly KnownView[],
  texture: SphereTexture,
  canvas: Canvas,
  reference: number,
): Uint8Array {
  const camera = cameras.cameras[reference];
  const view = views[reference];
  if (camera === undefined || view === undefined) throw new Error("the reference is not in the panorama");
  const world = multiply(transposed(rotationOf(view)), camera.rotation);
  const pixels = new Uint8Array(canvas.width * canvas.height * 3);
  const light = [0, 0, 0];
  for (let y = 0; y < canvas.height; y++) {
    for (let x = 0; x < canvas.width; x++) {
      const u = canvas.u + (x + 0.5) / canvas.unit;
      const v = canvas.v + (y + 0.5) / canvas.unit;
      const [rx, ry, rz] = surfaceRay(canvas.projection, u, v);
      const row = (index: number): number =>
        (world[index] ?? 0) * rx + (world[index + 1] ?? 0) * ry + (world[index + 2] ?? 0) * rz;
      lightAt(texture, row(0), row(3), row(6), light, 0);
      for (let channel = 0; channel < 3; channel++) {
        const value = (light[channel] ?? 0) * view.gain * camera.gain;
        pixels[(y * canvas.width + x) * 3 + channel] = encodeByte(Math.min(1, value));
      }
    }
  }
  return pixels;
}

function surfaceRay(projection: Projection, u: number, v: number): [number, number, number] {
  if (projection === "rectilinear") return [u, v, 1];
  if (projection === "cylindrical") return [Math.sin(u), v, Math.cos(u)];
  return [Math.sin(u) * Math.cos(v), Math.sin(v), Math.cos(u) * Math.cos(v)];
}

/** Peak signal to noise ratio of two pictures of bytes, in dB. */
export function decibels(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let squares = 0;
  for (let index = 0; index < one.length; index++) squares += ((one[index] ?? 0) - (other[index] ?? 0)) ** 2;
  return 10 * Math.log10((255 ** 2 * one.length) / squares);
}
