import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { callKernel } from "#burst/kernel/call-kernel.ts";
import { webAssembly } from "#burst/kernel/web-assembly.ts";
import { type Blobs, putBlob } from "#test/support/run-graph.ts";
import { buildKernel } from "../kernels/build-kernel.ts";
import type { PanoramaFrame } from "./panorama-frame.ts";
import { draw, optionsOf, panoramaKernels, register, transferred } from "./panorama-world.ts";

const photos = join(import.meta.dirname, "../../../../shared/data/photos/cd-mosaic");
const skip = existsSync(photos) ? false : "the scans of cd-mosaic are absent";
const width = 531;
const height = 373;

/**
 * Points that are the same: those of libvips' own tests (test/test-suite/helpers/helpers.py: 66, 141 and 15, 43), which were picked by hand, moved to where a patch of
 * 29 pixels correlates best (0.96 and 0.98).
 */
const ties = [
  { from: 0, at: [489, 140], to: 1, is: [63, 140] },
  { from: 2, at: [453, 40], to: 3, is: [17, 41] },
] as const;

test("scans of a picture become the mosaic that libvips' tie points ask for", { skip }, async (t) => {
  const jpeg = new webAssembly.Module(await buildKernel("jpeg"));
  const kernels = await panoramaKernels();
  const blobs: Blobs = new Map();
  const frames: PanoramaFrame[] = [];
  for (const key of ["cd1.1", "cd1.2", "cd2.1", "cd2.2"]) {
    const tiles = callKernel(jpeg, "decodeJpeg", [1, 256, 0], [await readFile(join(photos, `${key}.jpg`))]);
    frames.push({
      key,
      full: { factor: 1, width, height, side: 256, tiles: tiles.map((tile) => putBlob(blobs, tile)) },
    });
  }
  const registered = register(kernels, blobs, frames);
  const { cameras, points, errorPixels } = registered.cameras;
  for (const { from, at, to, is } of ties) {
    const one = cameras[from] ?? assert.fail("a scan is left out");
    const other = cameras[to] ?? assert.fail("a scan is left out");
    const [x, y] = transferred(one, other, at[0] - width / 2, at[1] - height / 2);
    const off = Math.hypot(x + width / 2 - is[0], y + height / 2 - is[1]);
    t.diagnostic(`${off.toFixed(2)} px from the tie point ${at.join(", ")}`);
    assert.ok(off < 1, `${off} px`);
  }
  const pair = register(kernels, blobs, frames.slice(0, 2));
  const mosaic = draw(kernels, blobs, optionsOf(pair, "rectilinear", { crop: false }));
  t.diagnostic(`${mosaic.width}×${mosaic.height}; ${points} points, ${errorPixels.toFixed(2)} px`);
  // The tie points put them 426 pixels side by side, at the same height.
  assert.ok(Math.abs(mosaic.width - (426 + width)) < 8, `${mosaic.width} wide`);
  assert.ok(Math.abs(mosaic.height - height) < 8, `${mosaic.height} high`);
});
