import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { BlobRef } from "#burst/graph.ts";
import { callKernel } from "#burst/kernel/call-kernel.ts";
import { webAssembly, type WasmModule } from "#burst/kernel/web-assembly.ts";
import { type Blobs, putBlob, runGraph } from "#test/support/run-graph.ts";
import { buildKernel, type KernelName } from "../kernels/build-kernel.ts";
import { type Shot, takePicture } from "./bracket-scene.ts";
import type { JpegSource } from "./decoded-frame.ts";
import {
  hdrAnalyseGraph,
  hdrAnalysisLevel,
  type HdrBracket,
  type HdrMethod,
  hdrRenderGraph,
  hdrResponseGraph,
  readHdrTransforms,
} from "./hdr.ts";
import { decodeTile, encodeTile, type Tile } from "./tile-format.ts";
import { cutTiles, joinTiles } from "./tile-grid.ts";
import { usualToneMapping } from "./tone-map.ts";
import type { Transform } from "./transform.ts";

const size = { width: 640, height: 420 };
const shots: readonly (Partial<Shot> & { readonly exposure: number })[] = [
  { exposure: 0.25, x: 5.2, y: -3.6, angle: 0.006 },
  { exposure: 1 },
  { exposure: 4, x: -7.4, y: 2.3, angle: -0.004 },
];
const fusion: HdrMethod = { kind: "fusion", weights: { contrast: 1, saturation: 1, exposure: 1 } };
const radiance: HdrMethod = { kind: "radiance", tone: usualToneMapping, keepRadiance: true };

const blobs: Blobs = new Map();
let moduleOf: (fn: string) => WasmModule;
let bracket: HdrBracket;

before(async () => {
  const names = ["jpeg", "radiance", "fusion"] as const satisfies readonly KernelName[];
  const modules: WasmModule[] = [];
  for (const name of names) modules.push(new webAssembly.Module(await buildKernel(name)));
  moduleOf = (fn) => {
    const found = modules.find((one) => webAssembly.Module.exports(one).some(({ name }) => name === fn));
    assert.ok(found !== undefined, `no kernel has ${fn}`);
    return found;
  };
  const photos = shots.map((shot, seed) => photographed({ ...size, seed, ...shot }));
  const exposures = shots.map(({ exposure }) => exposure);
  bracket = { packageHash: "0".repeat(64), photos, exposures, reference: 1 };
});

/** Takes a picture and keeps it as a JPEG file. */
function photographed(shot: Shot): JpegSource {
  const tiles = cutTiles(takePicture(shot), 64).map(encodeTile);
  const args = [shot.width, shot.height, 97, 0, 0, shot.height, shot.height, 64];
  const file = Buffer.concat(callKernel(moduleOf("encodeJpeg"), "encodeJpeg", args, tiles));
  const { width, height } = shot;
  return { kind: "jpeg", width, height, file: putBlob(blobs, file), orientation: 1, isProgressive: false };
}

let known: { readonly transforms: readonly Transform[]; readonly response: BlobRef } | undefined;

function analysed() {
  known ??= analyse();
  return known;
}

function analyse() {
  const bytes = runGraph(hdrAnalyseGraph(bracket), moduleOf, blobs).results.get("transforms");
  assert.ok(bytes !== undefined);
  const transforms = readHdrTransforms(bytes, bracket);
  const found = runGraph(hdrResponseGraph({ ...bracket, transforms }), moduleOf, blobs).results.get(
    "response",
  );
  assert.ok(found !== undefined);
  return { transforms, response: putBlob(blobs, found) };
}

function rendered(
  method: HdrMethod,
  more: Partial<Parameters<typeof hdrRenderGraph>[0]> = {},
  prefix = "",
): Tile {
  const options = { ...bracket, ...analysed(), method, level: 0, output: "u8" as const, ...more };
  const { graph, width, height } = hdrRenderGraph(options);
  const { results } = runGraph(graph, moduleOf, blobs);
  const tiles = [...results].flatMap(([name, bytes]) => {
    const [, x, y] = new RegExp(`^${prefix}(\\d+),(\\d+)$`).exec(name) ?? [];
    return x === undefined ? [] : [{ at: { x: Number(x), y: Number(y) }, tile: decodeTile(bytes) }];
  });
  return joinTiles(width, height, tiles);
}

/** Root of the mean square difference of a picture and another that is twice as large, in tones. */
function differenceToHalf(small: Tile, large: Tile): number {
  let squares = 0;
  for (let y = 0; y < small.height; y++)
    for (let x = 0; x < small.width; x++)
      for (let channel = 0; channel < 3; channel++) {
        const at = (px: number, py: number) =>
          large.samples[
            (Math.min(py, large.height - 1) * large.width + Math.min(px, large.width - 1)) * 3 + channel
          ] ?? 0;
        const mean =
          (at(2 * x, 2 * y) + at(2 * x + 1, 2 * y) + at(2 * x, 2 * y + 1) + at(2 * x + 1, 2 * y + 1)) / 4;
        squares += (mean - (small.samples[(y * small.width + x) * 3 + channel] ?? 0)) ** 2;
      }
  return Math.sqrt(squares / (small.width * small.height * 3));
}

test("a bracket of JPEG files is registered by the tasks that decode it", () => {
  const { transforms } = analysed();
  for (const [index, { x = 0, y = 0, angle = 0 }] of shots.entries()) {
    const { a, b, c, d, e, f } = transforms[index] ?? assert.fail();
    const centre = { x: (size.width - 1) / 2, y: (size.height - 1) / 2 };
    const away = Math.hypot(
      a * centre.x + b * centre.y + e - centre.x - x,
      c * centre.x + d * centre.y + f - centre.y - y,
    );
    assert.ok(away < 0.25, `frame ${index} is ${away.toFixed(2)} px off`);
    assert.ok(Math.abs(Math.atan2(c, a) - angle) < 0.001);
  }
});

test("a bracket of large photos is measured at a level of at most two megapixels, and its transforms are of the full size", () => {
  const photo = { ...(bracket.photos[0] ?? assert.fail()), width: 6_000, height: 4_000 };
  const large = { ...bracket, photos: [photo, photo, photo] };
  assert.equal(hdrAnalysisLevel(large), 2);
  const numbers = new Float64Array([1, 0, 0, 1, 2.5, -1.25, 0.9]);
  const [transform] = readHdrTransforms(new Uint8Array(numbers.buffer), large);
  assert.deepEqual(transform, { a: 1, b: 0, c: 0, d: 1, e: 10, f: -5, quality: 0.9 });
});

test("a preview of a fusion looks like the full size", () => {
  assert.ok(differenceToHalf(rendered(fusion, { level: 1 }), rendered(fusion)) < 8);
});

test("a preview of a tone-mapped radiance looks like the full size", () => {
  assert.ok(differenceToHalf(rendered(radiance, { level: 1 }), rendered(radiance)) < 8);
});

test("an HDR merge gives the same bits whatever its tiles are", () => {
  for (const method of [fusion, radiance]) {
    const ghosts = { ghosts: "medium" } as const;
    assert.deepEqual(
      rendered(method, { ...ghosts, tile: 256 }).samples,
      rendered(method, { ...ghosts, tile: 1024 }).samples,
    );
  }
});

test("an HDR merge in 16 bits is finer than the one in 8, and no other picture", () => {
  const [fine, coarse] = [rendered(fusion, { output: "u16" }), rendered(fusion)];
  let most = 0;
  for (const [index, value] of fine.samples.entries())
    most = Math.max(most, Math.abs(value / 257 - (coarse.samples[index] ?? 0)));
  assert.ok(most <= 1, `${most} tones apart`);
});

test("an HDR merge keeps the radiance beside the picture when that is wanted", () => {
  const light = rendered(radiance, {}, "radiance ");
  assert.ok(light.samples instanceof Float32Array);
  assert.ok(light.samples.every((value) => Number.isFinite(value) && value >= 0));
});

test("what is painted decides which photo a place is taken from", () => {
  const mask = (value: number) => ({
    ...size,
    tiles: cutTiles({
      ...size,
      channels: 1,
      samples: new Uint8Array(size.width * size.height).fill(value),
    }).map((tile) => putBlob(blobs, encodeTile(tile))),
  });
  // Only the reference is left: the result is about what it shows.
  const only = rendered(fusion, { painted: [mask(0), undefined, mask(0)] });
  const alone = takePicture({ ...size, seed: 1, exposure: 1 });
  let sum = 0;
  for (const [index, value] of only.samples.entries()) sum += Math.abs(value - (alone.samples[index] ?? 0));
  assert.ok(sum / only.samples.length < 4, `${sum / only.samples.length} tones apart`);
});
