import assert from "node:assert/strict";
import { test } from "node:test";
import { callKernel, KernelTrap } from "#burst/kernel/call-kernel.ts";
import { webAssembly } from "#burst/kernel/web-assembly.ts";
import type { JobGraph } from "#burst/graph.ts";
import { type Blobs, type GraphRun, putBlob, runGraph } from "#test/support/run-graph.ts";
import { buildKernel } from "../kernels/build-kernel.ts";
import {
  moverRadiance,
  moverRadius,
  sceneRadiance,
  type Shot,
  storeFrame,
  takePicture,
  tint,
} from "./bracket-scene.ts";
import { radianceGraph, type RadianceOptions } from "./radiance-graph.ts";
import { responseGraph } from "./response-graph.ts";
import { decodeTile, encodeTile, type Tile } from "./tile-format.ts";
import { cutTiles, type Frame, joinTiles } from "./tile-grid.ts";
import { type ToneMapping, usualToneMapping } from "./tone-map.ts";
import { identity, type Transform } from "./transform.ts";

const module = new webAssembly.Module(await buildKernel("radiance"));
const packageHash = "0".repeat(64);
const size = { width: 560, height: 300 };
const exposures = [0.25, 1, 4, 16];

interface World {
  readonly blobs: Blobs;
  readonly frames: readonly Frame[];
}

function bracket(change: (index: number) => Partial<Shot> = () => ({})): World {
  const blobs: Blobs = new Map();
  const frames = exposures.map((exposure, index) =>
    storeFrame(blobs, takePicture({ ...size, exposure, seed: index + 1, ...change(index) })),
  );
  return { blobs, frames };
}

function optionsFor({ frames }: World, more: Partial<RadianceOptions> = {}): RadianceOptions {
  return { packageHash, frames, pixelBytes: 3, exposures, reference: 1, response: "srgb", ...more };
}

function render({ blobs }: World, options: RadianceOptions): Tile {
  return pictureOf(runGraph(radianceGraph(options), module, blobs));
}

function pictureOf({ results }: GraphRun, prefix = ""): Tile {
  const tiles = [...results].flatMap(([name, bytes]) => {
    const [, x, y] = new RegExp(`^${prefix}(\\d+),(\\d+)$`).exec(name) ?? [];
    return x === undefined ? [] : [{ at: { x: Number(x), y: Number(y) }, tile: decodeTile(bytes) }];
  });
  return joinTiles(size.width, size.height, tiles);
}

/** Stops between the merged and the true radiance, for each pixel and channel that `where` takes, sorted by size. */
function errorsIn(picture: Tile, where: (u: number, v: number) => boolean = () => true): number[] {
  const errors: number[] = [];
  for (let y = 4; y < size.height - 4; y++) {
    for (let x = 4; x < size.width - 4; x++) {
      if (!where(x / size.width, y / size.height)) continue;
      const truth = sceneRadiance(x / size.width, y / size.height);
      for (const [channel, share] of tint.entries()) {
        const measured = picture.samples[(y * size.width + x) * 3 + channel] ?? 0;
        errors.push(Math.abs(Math.log2(Math.max(measured, 1e-9) / (truth * share))));
      }
    }
  }
  return errors.toSorted((a, b) => a - b);
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}

const moves: readonly { u: number; v: number }[] = [
  { u: 0.3, v: 0.4 },
  { u: 0.42, v: 0.42 },
  { u: 0.54, v: 0.46 },
  { u: 0.66, v: 0.5 },
];

const still = bracket();
const moving = bracket((index) => ({ noise: 2.5, mover: moves[index] }));

test("the merged radiance is within a twentieth of a stop of the scene's, from the dark to the sky", () => {
  const picture = render(still, optionsFor(still));
  const errors = errorsIn(picture);
  assert.ok(quantile(errors, 0.5) < 0.02, `median ${quantile(errors, 0.5)}`);
  assert.ok(quantile(errors, 0.95) < 0.1, `p95 ${quantile(errors, 0.95)}`);
  // What only the shortest exposure did not clip is not taken from a longer one.
  const bright = errorsIn(picture, (u, v) => sceneRadiance(u, v) > 1.2 && sceneRadiance(u, v) < 3.5);
  assert.ok(bright.length > 1_000 && quantile(bright, 0.95) < 0.1, `sky p95 ${quantile(bright, 0.95)}`);
});

test("what is saturated or black in every frame becomes a number and not nothing", () => {
  const blobs: Blobs = new Map();
  const flat = (tone: number): Frame =>
    storeFrame(blobs, {
      ...size,
      channels: 3,
      samples: new Uint8Array(size.width * size.height * 3).fill(tone),
    });
  for (const tone of [0, 255]) {
    const world = { blobs, frames: exposures.map(() => flat(tone)) };
    const { samples } = render(world, optionsFor(world));
    const expected = tone === 0 ? 0 : 1 / 0.25;
    assert.ok(
      samples.every((sample) => sample === expected),
      `tone ${tone} gives ${samples[0]}`,
    );
  }
});

for (const method of ["debevec", "robertson"] as const) {
  test(`the camera's response is found by ${method} and the radiance follows from it`, () => {
    const curve = (linear: number): number => linear ** (1 / 1.8) * 0.8 + linear * 0.2;
    const world = bracket(() => ({ response: curve }));
    const { frames } = world;
    const fitted = runGraph(
      responseGraph({ packageHash, frames, pixelBytes: 3, exposures, method }),
      module,
      world.blobs,
    );
    const response = fitted.results.get("response");
    assert.ok(response !== undefined);
    const picture = render(world, optionsFor(world, { response: putBlob(world.blobs, response) }));
    // A response is known up to a factor for each channel: compare with the median of the ratios taken away.
    for (const [channel, share] of tint.entries()) {
      const stops: number[] = [];
      for (let y = 4; y < size.height; y += 5) {
        for (let x = 4; x < size.width; x += 5) {
          const truth = sceneRadiance(x / size.width, y / size.height) * share;
          stops.push(
            Math.log2(Math.max(1e-9, picture.samples[(y * size.width + x) * 3 + channel] ?? 0) / truth),
          );
        }
      }
      const factor = quantile(
        stops.toSorted((a, b) => a - b),
        0.5,
      );
      const errors = stops.map((value) => Math.abs(value - factor)).toSorted((a, b) => a - b);
      assert.ok(quantile(errors, 0.5) < 0.05, `channel ${channel}: median ${quantile(errors, 0.5)}`);
      assert.ok(quantile(errors, 0.9) < 0.25, `channel ${channel}: p90 ${quantile(errors, 0.9)}`);
    }
  });
}

/** The masks of the frames; the reference has none. */
function masksOf(world: World, options: RadianceOptions): (frame: number) => Tile {
  const graph = radianceGraph(options);
  const run = runGraph(graph, module, world.blobs);
  return (frame) => maskOf(graph, run, options, frame);
}

function maskOf(graph: JobGraph, run: GraphRun, options: RadianceOptions, frame: number): Tile {
  const masks = graph.tasks.flatMap((task, number) => (task.fn === "ghostMask" ? [number] : []));
  const parts = masks.length / (exposures.length - 1);
  const first = (frame > options.reference ? frame - 1 : frame) * parts;
  const tiles = masks.slice(first, first + parts).flatMap((number) => {
    const { x = 0, y = 0 } = graph.tasks[number]?.place ?? {};
    const across = Math.ceil((graph.tasks[number]?.place?.width ?? 1) / 256);
    return (run.outputs[number] ?? []).map((bytes, index) => ({
      at: { x: x + (index % across) * 256, y: y + Math.floor(index / across) * 256 },
      tile: decodeTile(bytes),
    }));
  });
  return joinTiles(size.width, size.height, tiles);
}

/** Stops by which frames of these exposures can be seen to differ: what is clipped is only known to be bright. */
function visibleGap(first: number, firstExposure: number, second: number, secondExposure: number): number {
  const firstClip = 1 / firstExposure;
  const secondClip = 1 / secondExposure;
  const brighter = Math.min(first, firstClip) / (second >= secondClip ? Number.POSITIVE_INFINITY : second);
  const darker = Math.min(second, secondClip) / (first >= firstClip ? Number.POSITIVE_INFINITY : first);
  return Math.max(0, Math.log2(brighter), Math.log2(darker));
}

test("a ghost mask finds what moved, where it was and where it went, and leaves the noise alone", () => {
  const masks = masksOf(moving, optionsFor(moving, { ghosts: "medium" }));
  for (const frame of [0, 2, 3]) {
    const mask = masks(frame);
    const counts = { found: 0, moved: 0, falsely: 0, other: 0 };
    for (let y = 0; y < size.height; y++) {
      for (let x = 0; x < size.width; x++) {
        const value = mask.samples[y * size.width + x] ?? 255;
        const [u, v] = [x / size.width, y / size.height];
        const away = [moves[1], moves[frame]].map((at) => Math.hypot(u - (at?.u ?? 0), v - (at?.v ?? 0)));
        const [first = 0, second = 0] = away.map((far) =>
          far < moverRadius ? moverRadiance : sceneRadiance(u, v),
        );
        if (visibleGap(first, exposures[1] ?? 1, second, exposures[frame] ?? 1) > 1) {
          counts.moved++;
          if (value < 64) counts.found++;
        } else if (Math.min(...away) > moverRadius * 2.8) {
          // Further than a mask grows and softens.
          counts.other++;
          if (value < 192) counts.falsely++;
        }
      }
    }
    const { found, moved, falsely, other } = counts;
    assert.ok(moved > 500 && found > moved * 0.9, `frame ${frame}: ${found} of ${moved} found`);
    assert.ok(falsely < other * 0.005, `frame ${frame}: ${falsely} of ${other} wrongly masked`);
  }
});

test("without its ghosts a bracket shows what the reference frame saw", () => {
  const ghosts = render(moving, optionsFor(moving));
  const clean = render(moving, optionsFor(moving, { ghosts: "medium" }));
  const { u: centreU, v: centreV } = moves[3] ?? { u: 0, v: 0 };
  const around = (u: number, v: number): boolean =>
    Math.hypot(u - centreU, v - centreV) < moverRadius * 0.8 && sceneRadiance(u, v) < 0.9;
  const before = quantile(errorsIn(ghosts, around), 0.5);
  const after = quantile(errorsIn(clean, around), 0.5);
  assert.ok(before > 0.5, `the ghost was there: ${before}`);
  assert.ok(after < 0.05, `and is gone: ${after}`);
});

test("a painted mask forbids a frame and forces one against the search for ghosts", () => {
  const paint = (value: number): Frame => {
    const samples = new Uint8Array(size.width * size.height).fill(128);
    for (let y = 100; y < 250; y++) samples.fill(value, y * size.width + 150, y * size.width + 350);
    const tiles = cutTiles({ ...size, channels: 1, samples }).map((tile) =>
      putBlob(moving.blobs, encodeTile(tile)),
    );
    return { ...size, tiles };
  };
  const painted = [paint(255), undefined, paint(0), undefined];
  const masks = masksOf(moving, optionsFor(moving, { ghosts: "medium", painted }));
  const at = 180 * size.width + 200;
  assert.equal(masks(0).samples[at], 255);
  assert.equal(masks(2).samples[at], 0);
  const unpainted = masksOf(moving, optionsFor(moving, { ghosts: "medium" }));
  const outside = 20 * size.width + 20;
  assert.equal(masks(2).samples[outside], unpainted(2).samples[outside]);
});

const turned: Transform = { ...identity, a: 0.99995, b: -0.01, c: 0.01, d: 0.99995, e: 3.4, f: -2.7 };
const mappings: readonly (Pick<ToneMapping, "operator" | "local"> & {
  readonly output: "u8" | "u16";
  readonly side: number;
})[] = [
  { operator: { kind: "reinhard", white: 0 }, local: false, output: "u8", side: 512 },
  { operator: { kind: "drago", bias: 0.85 }, local: false, output: "u16", side: 256 },
  { operator: { kind: "durand", contrast: 5 }, local: true, output: "u16", side: 256 },
];

for (const { operator, local, output, side } of mappings) {
  test(`tiles of ${side} pixels give the bits of the whole: ${operator.kind}, ${output}`, () => {
    const options = optionsFor(moving, {
      ghosts: "medium",
      transforms: [identity, identity, turned, identity],
      tone: { mapping: { ...usualToneMapping, operator, local }, output },
      keepRadiance: true,
    });
    const [whole, tiled] = [1_024, side].map((tile) => {
      const run = runGraph(radianceGraph({ ...options, tile }), module, moving.blobs);
      return { picture: pictureOf(run), radiance: pictureOf(run, "radiance ") };
    });
    assert.deepEqual(tiled, whole);
    const tones = new Set(whole?.picture.samples);
    assert.ok(tones.size > 100, `it has ${tones.size} tones`);
  });
}

test("a warped frame shows the reference's view to a fraction of a tone, and its mask ends where it does", () => {
  const blobs: Blobs = new Map();
  const motion = { angle: 0.02, x: 12.4, y: -7.3 };
  const moved = takePicture({ ...size, exposure: 1, noise: 0, ...motion });
  const expected = takePicture({ ...size, exposure: 1, noise: 0 });
  const [cos, sin] = [Math.cos(motion.angle), Math.sin(motion.angle)];
  const [cx, cy] = [(size.width - 1) / 2, (size.height - 1) / 2];
  const e = cx - cos * cx + sin * cy + motion.x;
  const f = cy - sin * cx - cos * cy + motion.y;
  const transform = { a: cos, b: -sin, c: sin, d: cos, e, f, quality: 1 };
  const frames = [storeFrame(blobs, expected), storeFrame(blobs, moved)];
  const graph = radianceGraph({
    packageHash,
    frames,
    pixelBytes: 3,
    exposures: [1, 1],
    reference: 0,
    response: "srgb",
    transforms: [identity, transform],
  });
  const run = runGraph(graph, module, blobs);
  const number = graph.tasks.findIndex(({ fn }) => fn === "warp");
  const tiles = (run.outputs[number] ?? []).map((bytes) => decodeTile(bytes));
  const place = (tile: Tile, index: number) => ({
    at: { x: (index % 3) * 256, y: Math.floor(index / 3) * 256 },
    tile,
  });
  const picture = joinTiles(size.width, size.height, tiles.slice(0, 6).map(place));
  const mask = joinTiles(size.width, size.height, tiles.slice(6).map(place));
  let sum = 0;
  let inside = 0;
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      const [qx, qy] = [cos * x - sin * y + e, sin * x + cos * y + f];
      const within = Math.min(qx, size.width - 1 - qx, qy, size.height - 1 - qy);
      const worth = mask.samples[y * size.width + x] ?? 0;
      if (within < -0.51) assert.equal(worth, 0);
      if (within > 10) assert.equal(worth, 255);
      if (within < 2) continue;
      const at = (y * size.width + x) * 3;
      sum += ((picture.samples[at] ?? 0) - (expected.samples[at] ?? 0)) ** 2;
      inside++;
    }
  }
  assert.ok(Math.sqrt(sum / inside) < 2, `RMS ${Math.sqrt(sum / inside)}`);
});

const call = (name: string, args: readonly number[], inputs: readonly Uint8Array[]): void => {
  callKernel(module, name, args, inputs);
};
const tile = encodeTile({ width: 8, height: 8, channels: 3, samples: new Uint8Array(192) });
const light = encodeTile({ width: 8, height: 8, channels: 3, samples: new Float32Array(192) });
const falling = encodeTile({
  width: 256,
  height: 1,
  channels: 3,
  samples: new Float32Array(768).map((_, z) => -z),
});
const region = [8, 8, 0, 0, 1, 1];
const hostile: readonly [string, string, number[], Uint8Array[], RegExp][] = [
  ["a tile cut short", "grey", [0], [tile.subarray(0, 40)], /not as long as it says/],
  ["no tile at all", "grey", [0], [new Uint8Array(3)], /no tile/],
  ["a shift that is no number", "grey", [Number.NaN], [tile], /out of its range/],
  ["a missing argument", "register", [8, 8], [], /an argument is missing/],
  ["frames of any size", "register", [60_000, 60_000, 0], [], /too large/],
  [
    "motions that are no numbers",
    "chain",
    [2, 0, 9, 9, 0, 1, 0, 1],
    [new Uint8Array(48).fill(255)],
    /not finite/,
  ],
  ["frames that are not there", "chain", [2, 5, 9, 9], [], /out of its range/],
  ["a region outside the frame", "warp", [8, 8, 3, 0, 1, 1], [tile], /out of its range/],
  [
    "a transform that leaves the tiles",
    "warp",
    [600, 600, 0, 0, 1, 1, 0, 0, 256, 256, 1, 0, 0, 1, 300, 0, 0],
    [encodeTile({ width: 256, height: 256, channels: 1, samples: new Uint8Array(65_536) })],
    /do not reach/,
  ],
  [
    "an endless transform",
    "warp",
    [...region, 0, 0, 8, 8, Infinity, 0, 0, 1, 0, 0, 0],
    [tile],
    /out of its range/,
  ],
  ["a response that falls", "mergeRadiance", [1, 0, 1, 0], [falling, tile], /does not grow/],
  ["an exposure of nothing", "mergeRadiance", [1, 0, 0, 0], [], /exposure/],
  ["too few samples", "fitResponse", [0, 8, 2, 1, 2], [new Uint8Array(6)], /too few samples/],
  ["scores of another frame", "ghostField", [2, 900, 900, 8, 3], [tile], /missing/],
  ["a histogram of another length", "toneCurve", [0, 0, 0], [new Uint8Array(8)], /histogram/],
  ["a grid of another region", "toneGrid", [900, 900, 5, 0, 0, 1, 1], [new Uint8Array(16)], /not as large/],
  ["a curve of another length", "toneMap", [...region, 8, 1, 0], [light, light], /another shape/],
];

for (const [what, name, args, inputs, words] of hostile) {
  test(`${name} refuses ${what} and says why`, () => {
    assert.throws(
      () => call(name, args, inputs),
      (error) => error instanceof KernelTrap && words.test(error.message),
    );
  });
}
