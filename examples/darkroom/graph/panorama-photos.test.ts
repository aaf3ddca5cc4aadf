import assert from "node:assert/strict";
import { before, test } from "node:test";
import { callKernel } from "#burst/kernel/call-kernel.ts";
import { webAssembly, type WasmModule } from "#burst/kernel/web-assembly.ts";
import { type KnownView, makeTexture, renderView, type SphereTexture } from "#test/support/panorama-views.ts";
import { type Blobs, putBlob, runGraph } from "#test/support/run-graph.ts";
import { buildKernel } from "../kernels/build-kernel.ts";
import { readPanoramaCameras } from "./panorama-cameras.ts";
import { type PanoramaPhoto, panoramaPhotosGraph, registerPhotosGraph } from "./panorama-photos.ts";
import { framesLeftOut, registrationNames } from "./panorama-register.ts";
import { readPanoramaSeams } from "./panorama-seams.ts";
import {
  decibels,
  degrees,
  packageHash,
  panoramaKernels,
  pictureOf,
  resultOf,
  truePanorama,
} from "./panorama-world.ts";
import { encodeTile } from "./tile-format.ts";
import { cutTiles } from "./tile-grid.ts";
import { panoramaCanvas } from "./panorama.ts";

const base = { focal: 560, width: 640, height: 480, roll: 0, gain: 1 };
const views: readonly KnownView[] = [
  { ...base, yaw: -25 * degrees, pitch: 1 * degrees },
  { ...base, yaw: 0, pitch: -1 * degrees, gain: 0.8 },
  { ...base, yaw: 25 * degrees, pitch: 0 },
  // Nothing of it is in the others.
  { ...base, yaw: 170 * degrees, pitch: 0 },
];
const blobs: Blobs = new Map();
let moduleOf: (fn: string) => WasmModule;
let texture: SphereTexture;
let photos: readonly PanoramaPhoto[];

before(async () => {
  const others = await panoramaKernels();
  const jpeg = new webAssembly.Module(await buildKernel("jpeg"));
  moduleOf = (fn) => (fn.endsWith("Jpeg") ? jpeg : others(fn));
  texture = makeTexture(3519, 0.5);
  // Keys fall while the views rise: the order of cameras is another than that of photos.
  photos = views.map((view, index) => photographed(view, `view ${9 - index}`));
});

function photographed(view: KnownView, key: string): PanoramaPhoto {
  const { width, height } = view;
  const picture = { width, height, channels: 3, samples: renderView(texture, view) } as const;
  const tiles = cutTiles(picture, 64).map(encodeTile);
  const args = [width, height, 97, 0, 0, height, height, 64];
  const file = putBlob(blobs, Buffer.concat(callKernel(moduleOf("encodeJpeg"), "encodeJpeg", args, tiles)));
  return { key, source: { kind: "jpeg", width, height, file, orientation: 1, isProgressive: false } };
}

test("a panorama is made from JPEG files alone, at any level, without the photo that fits nowhere", (t) => {
  const { graph, order } = registerPhotosGraph(packageHash, photos);
  const { results } = runGraph(graph, moduleOf, blobs);
  const camerasBytes = resultOf(results, registrationNames.cameras);
  const seamsBytes = resultOf(results, registrationNames.seams("cylindrical"));
  const cameras = readPanoramaCameras(camerasBytes);
  assert.deepEqual(
    framesLeftOut({ order }, cameras).map(({ frame }) => frame),
    [3],
  );
  const common = {
    packageHash,
    photos,
    order,
    cameras,
    camerasBlob: putBlob(blobs, camerasBytes),
    projection: "cylindrical",
    seams: readPanoramaSeams(seamsBytes),
    seamsBlob: putBlob(blobs, seamsBytes),
  } as const;
  const sorted = order.flatMap((index) => views[index] ?? []);
  const reference = order.indexOf(1);
  for (const level of [0, 1]) {
    const rendering = panoramaPhotosGraph({ ...common, crop: true, level, output: "u8" });
    const picture = pictureOf(rendering, runGraph(rendering.graph, moduleOf, blobs).results);
    const canvas = panoramaCanvas(cameras, "cylindrical", true, 1 / 2 ** level);
    const quality = decibels(picture.samples, truePanorama(cameras, sorted, texture, canvas, reference));
    t.diagnostic(`level ${level}, ${picture.width}×${picture.height}: ${quality.toFixed(1)} dB`);
    assert.ok(quality > 32, `${quality} dB at level ${level}`);
  }
  const whole = panoramaPhotosGraph({ ...common, crop: false, level: 1, output: "u16" });
  const picture = pictureOf(whole, runGraph(whole.graph, moduleOf, blobs).results);
  assert.equal(picture.channels, 3);
  assert.ok(picture.samples instanceof Uint16Array);
  assert.deepEqual([...picture.samples.subarray(0, 3)], [0, 0, 0], "the corner is black");
});
