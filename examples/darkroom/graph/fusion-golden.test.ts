import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { decode as decodePng } from "fast-png";
import { webAssembly } from "#burst/kernel/web-assembly.ts";
import { callKernel } from "#burst/kernel/call-kernel.ts";
import { type Blobs, putBlob, runGraph } from "#test/support/run-graph.ts";
import { buildKernel } from "../kernels/build-kernel.ts";
import { fusionGraph } from "./fusion.ts";
import { pictureOf } from "./fusion-world.ts";

const photos = join(import.meta.dirname, "../../../../shared/data/photos/grandcanal");
const skip = existsSync(photos) ? false : "the Grand Canal photographs are absent";

test("the Grand Canal bracket fuses to what Mertens' own program made of it", { skip }, async () => {
  const jpeg = new webAssembly.Module(await buildKernel("jpeg"));
  const blobs: Blobs = new Map();
  const frames = [];
  for (const name of ["mean", "over", "under"]) {
    const tiles = callKernel(jpeg, "decodeJpeg", [1, 256, 0], [await readFile(join(photos, `${name}.jpg`))]);
    frames.push({ width: 1200, height: 800, tiles: tiles.map((tile) => putBlob(blobs, tile)) });
  }
  const graph = fusionGraph({
    packageHash: "0".repeat(64),
    frames,
    weights: { contrast: 1, saturation: 1, exposure: 1 },
    levels: 9,
    output: "u8",
    normalise: { blackPercent: 1, whitePercent: 1 },
  });
  const fusion = new webAssembly.Module(await buildKernel("fusion"));
  const ours = pictureOf(1200, 800, runGraph(graph, fusion, blobs)).samples;
  const golden = decodePng(await readFile(join(photos, "mertens-expected.png"))).data;
  assert.equal(ours.length, golden.length);
  let squares = 0;
  let same = 0;
  for (const [index, value] of golden.entries()) {
    const difference = value - (ours[index] ?? Number.NaN);
    squares += difference ** 2;
    if (difference === 0) same++;
  }
  const decibels = 10 * Math.log10((255 ** 2 * golden.length) / squares);
  const share = same / golden.length;
  console.log(`${decibels.toFixed(2)} dB, ${(100 * share).toFixed(3)} % identical`);
  assert.ok(decibels >= 60, `${decibels} dB`);
  assert.ok(share >= 0.98, `${share} of the samples are identical`);
});
