import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { JpegSource } from "#darkroom/graph/decoded-frame.ts";
import {
  hdrAnalyseGraph,
  type HdrBracket,
  hdrRenderGraph,
  hdrResponseGraph,
  readHdrTransforms,
} from "#darkroom/graph/hdr.ts";
import { register, transferred, transposed } from "#darkroom/graph/panorama-world.ts";
import { decodeTile } from "#darkroom/graph/tile-format.ts";
import { joinTiles } from "#darkroom/graph/tile-grid.ts";
import { usualToneMapping } from "#darkroom/graph/tone-map.ts";
import type { Transform } from "#darkroom/graph/transform.ts";
import { callKernel } from "#burst/kernel/call-kernel.ts";
import { repositoryRoot } from "#main/repository.ts";
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
  folder = await renderedAlbum();
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

/** The album as users see it, rendered once for the same sources: some minutes. */
async function renderedAlbum(): Promise<string> {
  const hash = createHash("sha256");
  for (const under of ["album", "kernels"]) {
    const from = join(repositoryRoot, "examples/darkroom", under);
    const names = readdirSync(from, { recursive: true, encoding: "utf8" });
    for (const name of names.filter((one) => one.endsWith(".ts") && !one.endsWith(".test.ts")).toSorted())
      hash.update(`${under}/${name}\0`).update(readFileSync(join(from, name)));
  }
  const cache = join(repositoryRoot, ".cache/album");
  const target = join(cache, hash.digest("hex").slice(0, 32));
  if (existsSync(target)) return target;
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(join(cache, "fresh-"));
  const program = fileURLToPath(new URL("../../examples/darkroom/album/render.ts", import.meta.url));
  await promisify(execFile)(process.execPath, [program, fresh]);
  await rename(fresh, target);
  return target;
}

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
