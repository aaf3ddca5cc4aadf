import assert from "node:assert/strict";
import { test } from "node:test";
import {
  degrees,
  draw,
  framesOf,
  optionsOf,
  packageHash,
  panoramaKernels,
  register,
  reprojectionError,
} from "#darkroom/graph/panorama-world.ts";
import { panoramaGraph } from "#darkroom/graph/panorama.ts";
import { makeTexture } from "#test/support/panorama-views.ts";
import type { Blobs } from "#test/support/run-graph.ts";

const kernels = await panoramaKernels();

test("twenty photos all around become one panorama", (t) => {
  const small = { focal: 250, width: 320, height: 240, gain: 1, roll: 0 };
  const around = Array.from({ length: 20 }, (_, index) => ({
    ...small,
    yaw: index * 18 * degrees - 3,
    pitch: (index % 2 === 0 ? 9 : -9) * degrees,
  }));
  const blobs: Blobs = new Map();
  const all = register(kernels, blobs, framesOf(blobs, makeTexture(1600, 0.6, 3), around));
  assert.equal(all.cameras.cameras.filter((camera) => camera === undefined).length, 0);
  const error = reprojectionError(all.cameras, around);
  t.diagnostic(`reprojection ${error.toFixed(3)} px`);
  assert.ok(error < 0.5, `${error} px`);
  const picture = draw(kernels, blobs, optionsOf(all, "spherical", { scale: 0.5 }));
  assert.equal(picture.width, Math.floor(2 * Math.PI * all.cameras.focal * 0.5));
  const flat = optionsOf(all, "rectilinear");
  assert.throws(() => panoramaGraph(packageHash, flat), /does not fit onto a rectilinear surface/);
});

test("photos of more than two megapixels are registered within half a pixel of their full size", (t) => {
  const large = { focal: 1750, width: 2000, height: 1500, gain: 1 };
  const pair = [
    { ...large, yaw: -0.2, pitch: 0.02, roll: 0.01 },
    { ...large, yaw: 0.2, pitch: -0.03, roll: -0.02 },
  ];
  const blobs: Blobs = new Map();
  const both = register(kernels, blobs, framesOf(blobs, makeTexture(7000, 0.3, 4), pair));
  assert.equal(both.registration.levels[0]?.factor, 2);
  const error = reprojectionError(both.cameras, pair);
  t.diagnostic(`reprojection ${error.toFixed(3)} px`);
  assert.ok(error < 0.5, `${error} px`);
  const picture = draw(kernels, blobs, optionsOf(both, "rectilinear", { scale: 0.2 }));
  assert.equal(picture.channels, 3);
});
