import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";
import { paintedAlbum } from "#darkroom/album/painted-album.ts";
import type { JpegSource } from "#darkroom/graph/decoded-frame.ts";
import { hdrPanoramaGraph, type HdrView, registerViewsGraph } from "#darkroom/graph/hdr-panorama.ts";
import {
  hdrAnalyseGraph,
  type HdrBracket,
  hdrRenderGraph,
  hdrResponseGraph,
  readHdrTransforms,
} from "#darkroom/graph/hdr.ts";
import { readPanoramaCameras } from "#darkroom/graph/panorama-cameras.ts";
import { registrationNames } from "#darkroom/graph/panorama-register.ts";
import { readPanoramaSeams } from "#darkroom/graph/panorama-seams.ts";
import { register, resultOf, transferred, transposed } from "#darkroom/graph/panorama-world.ts";
import { panoramaCanvas } from "#darkroom/graph/panorama.ts";
import { decodeTile } from "#darkroom/graph/tile-format.ts";
import { joinTiles } from "#darkroom/graph/tile-grid.ts";
import { usualToneMapping } from "#darkroom/graph/tone-map.ts";
import type { Transform } from "#darkroom/graph/transform.ts";
import { callKernel } from "#burst/kernel/call-kernel.ts";
import { DarkroomKernels } from "#test/support/kernel-recording.ts";
import { multiply } from "#test/support/panorama-views.ts";
import { type Blobs, putBlob, runGraph } from "#test/support/run-graph.ts";

interface Truth {
  readonly bracket: {
    readonly width: number;
    readonly height: number;
    readonly sensitivity: number;
    readonly frames: readonly {
      readonly name: string;
      readonly seconds: number;
      /** Of the frame's middle, right and down; degrees clockwise. */
      readonly shift: readonly [number, number];
      readonly turn: number;
    }[];
  };
  readonly panorama: {
    readonly width: number;
    readonly height: number;
    readonly focal: number;
    readonly views: readonly { readonly name: string; readonly matrix: readonly number[] }[];
  };
  readonly hdrPanorama: {
    readonly width: number;
    readonly height: number;
    readonly focal: number;
    readonly views: readonly {
      readonly matrix: readonly number[];
      /** File of the radiance that its middle frame lies over. */
      readonly radiance: string;
      readonly frames: readonly { readonly name: string; readonly seconds: number }[];
    }[];
  };
  readonly response: readonly number[];
}

const packageHash = "0".repeat(64);
const blobs: Blobs = new Map();
let kernels: DarkroomKernels;
let folder: string;
let truth: Truth;
let bracket: HdrBracket;
/** Which of the bracket's frames lies over the truth. */
let reference: number;
before(async () => {
  kernels = await DarkroomKernels.build();
  folder = await paintedAlbum();
  truth = JSON.parse(await readFile(join(folder, "truth.json"), "utf8")) as Truth; // written by the same sources
  const { width, height, frames } = truth.bracket;
  const photos: JpegSource[] = [];
  for (const { name } of frames) {
    const file = putBlob(blobs, await readFile(join(folder, name)));
    photos.push({ kind: "jpeg", width, height, file, orientation: 1, isProgressive: false });
  }
  reference = frames.findIndex(({ shift, turn }) => shift[0] === 0 && shift[1] === 0 && turn === 0);
  bracket = { packageHash, photos, exposures: frames.map(({ seconds }) => seconds), reference };
});

let found: readonly Transform[] | undefined;
function transforms(): readonly Transform[] {
  if (found === undefined) {
    const { results } = runGraph(hdrAnalyseGraph(bracket), kernels.moduleOf, blobs);
    found = readHdrTransforms(results.get("transforms") ?? assert.fail(), bracket);
  }
  return found;
}

test("the sample bracket is aligned to a quarter of a pixel of its truth, at the corners of every frame", (t) => {
  const { width, height, frames } = truth.bracket;
  const centre = { x: (width - 1) / 2, y: (height - 1) / 2 };
  for (const [index, { name, shift, turn }] of frames.entries()) {
    const { a, b, c, d, e, f } = transforms()[index] ?? assert.fail();
    const [sine, cosine] = [Math.sin((turn * Math.PI) / 180), Math.cos((turn * Math.PI) / 180)];
    const errors = [0, width - 1].flatMap((x) =>
      [0, height - 1].map((y) => {
        // The frame's pixel p shows the truth's at R·(p − centre) + centre + shift.
        const [dx, dy] = [x - centre.x - shift[0], y - centre.y - shift[1]];
        const px = cosine * dx + sine * dy + centre.x;
        const py = cosine * dy - sine * dx + centre.y;
        return Math.hypot(a * x + b * y + e - px, c * x + d * y + f - py);
      }),
    );
    t.diagnostic(`${name}: ${Math.max(...errors).toFixed(3)} px`);
    assert.ok(Math.max(...errors) < 0.25, `${name} is ${Math.max(...errors).toFixed(3)} px off`);
  }
});

test("the radiance of the sample bracket is within a twentieth of a stop of the truth, by a response that was fitted", async (t) => {
  const fitted = runGraph(
    hdrResponseGraph({ ...bracket, transforms: transforms() }),
    kernels.moduleOf,
    blobs,
  );
  const response = putBlob(blobs, fitted.results.get("response") ?? assert.fail());
  const method = { kind: "radiance", tone: usualToneMapping, keepRadiance: true } as const;
  const { graph, width, height } = hdrRenderGraph({
    ...bracket,
    transforms: transforms(),
    response,
    method,
    level: 0,
    output: "u8",
  });
  const tiles = [...runGraph(graph, kernels.moduleOf, blobs).results].flatMap(([name, bytes]) => {
    const [, x, y] = /^radiance (\d+),(\d+)$/.exec(name) ?? [];
    return x === undefined ? [] : [{ at: { x: Number(x), y: Number(y) }, tile: decodeTile(bytes) }];
  });
  const { samples } = joinTiles(width, height, tiles);
  const file = await readFile(join(folder, "truth-radiance.f32"));
  const radiance = new Float32Array(new Uint8Array(file).buffer);
  assert.equal(radiance.length, samples.length);
  for (const channel of [0, 1, 2]) {
    const stops: number[] = [];
    for (let index = channel; index < samples.length; index += 3 * 7) {
      const [measured = 0, light = 0] = [samples[index], radiance[index]];
      if (light > 0 && measured > 0) stops.push(Math.log2(measured / light));
    }
    stops.sort((a, b) => a - b);
    // A response is known up to a factor for each channel.
    const factor = stops[stops.length >> 1] ?? Number.NaN;
    const errors = stops.map((value) => Math.abs(value - factor)).toSorted((a, b) => a - b);
    const [median = Number.NaN, p95 = Number.NaN] = [0.5, 0.95].map(
      (part) => errors[Math.floor(errors.length * part)],
    );
    t.diagnostic(
      `channel ${channel}: median ${median.toFixed(4)} stops, p95 ${p95.toFixed(3)}, factor ${factor.toFixed(3)}`,
    );
    assert.ok(stops.length > 100_000);
    assert.ok(median < 0.05, `channel ${channel}: median ${median}`);
  }
});

test("the cameras of the sample panorama put its points within half a pixel of where they truly are", async (t) => {
  const { width, height, focal, views } = truth.panorama;
  const frames = [];
  for (const { name } of views) {
    const file = await readFile(join(folder, name));
    const tiles = callKernel(kernels.named("jpeg"), "decodeJpeg", [1, 256, 0], [file]);
    const level = { factor: 1, width, height, side: 256, tiles: tiles.map((tile) => putBlob(blobs, tile)) };
    frames.push({ key: name, full: level });
  }
  const { cameras } = register(kernels.moduleOf, blobs, frames).cameras;
  let squares = 0;
  let count = 0;
  for (const [a, viewA] of views.entries()) {
    for (const [b, viewB] of views.entries()) {
      const one = cameras[a] ?? assert.fail(`${viewA.name} is left out`);
      const other = cameras[b] ?? assert.fail(`${viewB.name} is left out`);
      if (a === b) continue;
      // Camera to world, row by row: from one camera to the other's.
      const between = multiply(transposed(viewB.matrix), viewA.matrix);
      for (let y = -0.5; y <= 0.5; y += 0.05) {
        for (let x = -0.5; x <= 0.5; x += 0.05) {
          const [px, py] = [x * width, y * height];
          const row = (index: number): number =>
            ((between[index] ?? 0) * px + (between[index + 1] ?? 0) * py) / focal + (between[index + 2] ?? 0);
          if (row(6) < 0.05) continue;
          const [tx, ty] = [(focal * row(0)) / row(6), (focal * row(3)) / row(6)];
          if (Math.abs(tx) > width / 2 || Math.abs(ty) > height / 2) continue;
          const [fx, fy] = transferred(one, other, px, py);
          squares += (fx - tx) ** 2 + (fy - ty) ** 2;
          count++;
        }
      }
    }
  }
  const error = Math.sqrt(squares / count);
  t.diagnostic(`${error.toFixed(3)} px RMS over ${count} points`);
  assert.ok(count > 500, `${count} points`);
  assert.ok(error < 0.5, `${error} px`);
});

/** What `hdrPanoramaGraph` is called with for the sample's three brackets, but for the method. */
async function analysedViews() {
  const views: HdrView[] = [];
  const files = truth.hdrPanorama;
  for (const { frames } of files.views) {
    const photos: JpegSource[] = [];
    for (const { name } of frames) {
      const file = putBlob(blobs, await readFile(join(folder, name)));
      const { width, height } = files;
      photos.push({ kind: "jpeg", width, height, file, orientation: 1, isProgressive: false });
    }
    const view = { photos, exposures: frames.map(({ seconds }) => seconds), reference: 1 };
    const { results } = runGraph(hdrAnalyseGraph({ ...view, packageHash }), kernels.moduleOf, blobs);
    const aligned = readHdrTransforms(resultOf(results, "transforms"), { ...view, packageHash });
    views.push({ ...view, key: frames[1]?.name ?? assert.fail(), transforms: aligned });
  }
  const { graph, order } = registerViewsGraph(packageHash, views);
  const { results } = runGraph(graph, kernels.moduleOf, blobs);
  const camerasBytes = resultOf(results, registrationNames.cameras);
  const seamsBytes = resultOf(results, registrationNames.seams("cylindrical"));
  return {
    packageHash,
    views,
    order,
    cameras: readPanoramaCameras(camerasBytes),
    camerasBlob: putBlob(blobs, camerasBytes),
    projection: "cylindrical",
    seams: readPanoramaSeams(seamsBytes),
    seamsBlob: putBlob(blobs, seamsBytes),
    crop: true,
    level: 0,
    output: "u16",
  } as const;
}

test("an HDR panorama in one job shows the true radiance of every direction within a twentieth of a stop", async (t) => {
  const analysed = await analysedViews();
  const { views: shown, width, height, focal } = truth.hdrPanorama;
  const camera =
    analysed.cameras.cameras[analysed.order.indexOf(1)] ?? assert.fail("the middle view is left out");
  assert.equal(analysed.cameras.cameras.filter((one) => one !== undefined).length, 3);
  const method = { kind: "radiance", tone: usualToneMapping, keepRadiance: true } as const;
  const second = analysed.views[1] ?? assert.fail();
  const fitted = runGraph(
    hdrResponseGraph({ ...second, packageHash, transforms: second.transforms ?? [] }),
    kernels.moduleOf,
    blobs,
  );
  const response = putBlob(blobs, resultOf(fitted.results, "response"));
  const rendering = hdrPanoramaGraph({ ...analysed, method, response });
  const stages = new Set(rendering.graph.tasks.map(({ stage }) => stage));
  for (const stage of ["decode", "align warp", "radiance merge", "warp", "blend up", "tone map"])
    assert.ok(stages.has(stage), `the job has ${stage}`);
  const { results } = runGraph(rendering.graph, kernels.moduleOf, blobs);
  const tiles = [...results].flatMap(([name, bytes]) => {
    const [, x, y] = /^radiance (\d+),(\d+)$/.exec(name) ?? [];
    return x === undefined ? [] : [{ at: { x: Number(x), y: Number(y) }, tile: decodeTile(bytes) }];
  });
  const { samples } = joinTiles(rendering.width, rendering.height, tiles);
  const canvas = panoramaCanvas(analysed.cameras, "cylindrical", true, 1);
  const light = await Promise.all(
    shown.map(
      async ({ radiance }) => new Float32Array(new Uint8Array(await readFile(join(folder, radiance))).buffer),
    ),
  );
  // From the world of the cameras that were found to the true one: both know the middle camera.
  const world = multiply(shown[1]?.matrix ?? assert.fail(), camera.rotation);
  const stops: number[] = [];
  for (let y = 2; y < canvas.height; y += 3) {
    for (let x = 2; x < canvas.width; x += 3) {
      const angle = canvas.u + (x + 0.5) / canvas.unit;
      const ray = [Math.sin(angle), canvas.v + (y + 0.5) / canvas.unit, Math.cos(angle)] as const;
      const along = product(world, ray);
      for (const [index, { matrix }] of shown.entries()) {
        const [rx, ry, depth] = product(transposed(matrix), along);
        const column = Math.floor((focal * rx) / depth + width / 2);
        const row = Math.floor((focal * ry) / depth + height / 2);
        if (depth < 0.1 || column < 0 || row < 0 || column >= width || row >= height) continue;
        const measured = samples[(y * canvas.width + x) * 3 + 1] ?? 0;
        const real = light[index]?.[(row * width + column) * 3 + 1] ?? 0;
        if (measured > 0 && real > 0) stops.push(Math.log2(measured / real));
        break;
      }
    }
  }
  stops.sort((a, b) => a - b);
  const factor = stops[stops.length >> 1] ?? Number.NaN;
  const errors = stops.map((value) => Math.abs(value - factor)).toSorted((a, b) => a - b);
  const [median = Number.NaN, p90 = Number.NaN] = [0.5, 0.9].map(
    (part) => errors[Math.floor(errors.length * part)],
  );
  t.diagnostic(
    `${canvas.width}×${canvas.height}, ${stops.length} places: median ${median.toFixed(4)} stops, p90 ${p90.toFixed(3)}`,
  );
  assert.ok(stops.length > 50_000);
  assert.ok(median < 0.05, `median ${median}`);
});

test("an HDR panorama of fused brackets has detail where one exposure has none, and the same look at every size", async (t) => {
  const analysed = await analysedViews();
  const method = { kind: "fusion", weights: { contrast: 1, saturation: 1, exposure: 1 } } as const;
  const clipped = (level: number): number => {
    const rendering = hdrPanoramaGraph({ ...analysed, method, response: "srgb", level, output: "u8" });
    const { results } = runGraph(rendering.graph, kernels.moduleOf, blobs);
    const all = [...results.values()].map((bytes) => decodeTile(bytes).samples);
    const count = all.reduce((sum, { length }) => sum + length, 0);
    return (
      all.flatMap((samples) => [...samples]).filter((value) => value <= 1 || value >= 254).length / count
    );
  };
  const [full, preview] = [clipped(0), clipped(1)];
  t.diagnostic(`clipped: ${(full * 100).toFixed(2)} %, in the preview ${(preview * 100).toFixed(2)} %`);
  assert.ok(full < 0.02 && Math.abs(full - preview) < 0.01);
});

function product(
  m: readonly number[],
  [x, y, z]: readonly [number, number, number],
): [number, number, number] {
  const row = (index: number): number =>
    (m[index] ?? 0) * x + (m[index + 1] ?? 0) * y + (m[index + 2] ?? 0) * z;
  return [row(0), row(3), row(6)];
}
