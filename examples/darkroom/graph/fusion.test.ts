import assert from "node:assert/strict";
import { before, test } from "node:test";
import fc from "fast-check";
import { callKernel, KernelTrap } from "#burst/kernel/call-kernel.ts";
import { webAssembly, type WasmModule } from "#burst/kernel/web-assembly.ts";
import type { JobGraph } from "#burst/graph.ts";
import { type Blobs, runGraph, type TaskOrder } from "#test/support/run-graph.ts";
import { buildKernel } from "../kernels/build-kernel.ts";
import { addFusion } from "./fusion-stages.ts";
import { fusionGraph, type FusionOptions, pyramidPlan } from "./fusion.ts";
import { bracketOf, pictureOf, storeFrame } from "./fusion-world.ts";
import { decodeTile, encodeTile, type Tile } from "./tile-format.ts";
import { cropTile, placedTilesOf } from "./tile-grid.ts";

const packageHash = "0".repeat(64);
const weights = { contrast: 1, saturation: 1, exposure: 1 };
let kernel: WasmModule;
before(async () => {
  kernel = new webAssembly.Module(await buildKernel("fusion"));
});

type Cut = Pick<FusionOptions, "tile" | "cut">;
const whole: Cut = { tile: 512, cut: 1 };

function fuse(pictures: readonly Tile[], more: Partial<FusionOptions> = {}, order?: TaskOrder): Tile {
  const blobs: Blobs = new Map();
  const frames = pictures.map((picture) => storeFrame(blobs, picture));
  const graph = fusionGraph({ packageHash, frames, weights, output: "u16", ...more });
  const [{ width, height } = { width: 0, height: 0 }] = frames;
  return pictureOf(width, height, runGraph(graph, kernel, blobs, order));
}

/** A picture of one colour. */
function flat(width: number, height: number, value: number): Tile {
  return { width, height, channels: 3, samples: new Uint8Array(width * height * 3).fill(value) };
}

test("every tiling, cut and order of the tasks gives the bits of the whole picture", () => {
  const cuts = fc.constantFrom<[number, number][]>([16, 1], [16, 4], [32, 2], [64, 3], [96, 5], [256, 2]);
  const sizes = fc.record({
    width: fc.integer({ min: 1, max: 150 }),
    height: fc.integer({ min: 1, max: 90 }),
  });
  fc.assert(
    fc.property(
      sizes,
      cuts,
      fc.integer({ min: 6, max: 8 }),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(),
      fc.boolean(),
      ({ width, height }, [tile, cut], levels, count, seed, stretched) => {
        const pictures = bracketOf(count, width, height, seed);
        const asked = stretched ? { levels, normalise: { blackPercent: 1, whitePercent: 2 } } : { levels };
        const order: TaskOrder = (ready) => (seed + ready.length * 7) % ready.length;
        const tiled = fuse(pictures, { ...asked, tile, cut }, order);
        assert.deepEqual(tiled.samples, fuse(pictures, { ...asked, ...whole }).samples);
      },
    ),
    { numRuns: 15 },
  );
});

test("a picture of several storage tiles has the same bits as tiles and as a whole", () => {
  const pictures = bracketOf(3, 523, 389, 5);
  const once = fuse(pictures, { tile: 1024, cut: 3, output: "u8" });
  assert.deepEqual(fuse(pictures, { tile: 256, cut: 4, output: "u8" }).samples, once.samples);
  assert.deepEqual(fuse(pictures, { tile: 72, cut: 3, output: "u8" }).samples, once.samples);
});

test("a coarse level whose window is one pixel off is refused", () => {
  const blobs: Blobs = new Map();
  const frames = bracketOf(2, 200, 100, 9).map((picture) => storeFrame(blobs, picture));
  const graph = fusionGraph({ packageHash, frames, weights, output: "u8", tile: 64, cut: 2 });
  const { outputs } = runGraph(graph, kernel, blobs);
  const number = graph.tasks.findIndex(({ fn }) => fn === "fusionUp");
  const reduce = graph.tasks.findIndex(({ fn }) => fn === "fusionReduce");
  const coarse = outputs[reduce]?.[0];
  assert.ok(coarse !== undefined);
  const { width, height, channels, samples } = decodeTile(coarse);
  const narrow = { width: width - 1, height, channels, samples: samples.slice(0, -height * channels) };
  const inputs = [encodeTile(narrow), ...blobs.values()];
  const task = graph.tasks[number];
  assert.ok(task !== undefined);
  assert.throws(() => callKernel(kernel, task.fn, task.args, inputs.slice(0, task.inputs.length)), {
    message: "the coarse level is not that of the tile",
  });
});

test("a tile that reads one pixel too little of its neighbours is refused", () => {
  const blobs: Blobs = new Map();
  const frames = bracketOf(1, 300, 40, 9).map((picture) => storeFrame(blobs, picture));
  const graph = fusionGraph({ packageHash, frames, weights, output: "u8", tile: 256, cut: 2 });
  const [task] = graph.tasks;
  assert.ok(task !== undefined);
  // Of the neighbour on the right, 3 columns are needed to halve twice, and one for the contrast.
  const given = (columns: number): Uint8Array[] =>
    [...blobs.values()].map((bytes) => {
      const tile = decodeTile(bytes);
      return tile.width === 256
        ? bytes
        : encodeTile(cropTile(tile, { x: 0, y: 0, width: columns, height: 40 }));
    });
  const down = (columns: number): unknown => callKernel(kernel, task.fn, task.args, given(columns));
  assert.deepEqual(down(4), down(44));
  assert.throws(() => down(3), /does not cover/);
});

test("black, white and equal frames come out as they went in", () => {
  for (const value of [0, 255, 93]) {
    const fused = fuse([flat(70, 41, value), flat(70, 41, value)], { output: "u8", tile: 32, cut: 2 });
    assert.ok(
      fused.samples.every((sample) => sample === value),
      `${value}`,
    );
    const stretched = fuse([flat(70, 41, value)], {
      output: "u8",
      normalise: { blackPercent: 1, whitePercent: 1 },
    });
    assert.ok(
      stretched.samples.every((sample) => sample === value),
      `${value}, normalised`,
    );
  }
});

test("a mask takes a ghost out of the fusion", () => {
  const blobs: Blobs = new Map();
  const ghost = bracketOf(1, 90, 60, 3)[0];
  assert.ok(ghost !== undefined);
  const frames = [flat(90, 60, 120), ghost].map((picture) => storeFrame(blobs, picture));
  const none = storeFrame(blobs, { width: 90, height: 60, channels: 1, samples: new Uint8Array(90 * 60) });
  const exponents = { contrast: 0, saturation: 0, exposure: 1 };
  const graph = fusionGraph({
    packageHash,
    frames,
    masks: [undefined, none],
    weights: exponents,
    output: "u8",
    tile: 32,
    cut: 2,
  });
  const fused = pictureOf(90, 60, runGraph(graph, kernel, blobs));
  assert.ok(fused.samples.every((sample) => sample === 120));
});

test("exponents weigh the measures: a high one for exposure takes the frame that is exposed well", () => {
  const exponents = { contrast: 0, saturation: 0, exposure: 8 };
  const fused = fuse([flat(40, 40, 128), flat(40, 40, 255)], { weights: exponents, output: "u8" });
  assert.ok(fused.samples.every((sample) => sample === 128));
  const even = { contrast: 0.5, saturation: 0.25, exposure: 0.5 };
  const pictures = bracketOf(3, 100, 70, 4);
  const tiled = fuse(pictures, { weights: even, tile: 32, cut: 3 });
  assert.deepEqual(tiled.samples, fuse(pictures, { weights: even, ...whole }).samples);
});

test("layers that overlap are blended without a seam, and what no layer covers is clear", () => {
  const blend = (tile: number, cut: number): Tile => {
    const blobs: Blobs = new Map();
    const left = placedTilesOf(storeFrame(blobs, flat(200, 64, 100)));
    const right = placedTilesOf(storeFrame(blobs, flat(160, 64, 140))).map((placed) => ({
      ...placed,
      x: 140,
    }));
    const mask = (width: number): Tile => ({
      width,
      height: 64,
      channels: 1,
      samples: new Uint8Array(width * 64).fill(255),
    });
    const leftMask = placedTilesOf(storeFrame(blobs, mask(150)));
    const rightMask = placedTilesOf(storeFrame(blobs, mask(150))).map((placed) => ({ ...placed, x: 150 }));
    const tasks: JobGraph["tasks"][number][] = [];
    const placed = addFusion(tasks, {
      plan: pyramidPlan({ width: 400, height: 64, levels: 4, tile, cut }, 2, 4, "u8"),
      frames: [
        { tiles: left, masks: leftMask },
        { tiles: right, masks: rightMask },
      ],
      output: "u8",
      alpha: true,
      pixelBytes: 4,
      name: "blend",
    });
    const results = placed.map(({ x, y, from }) => ({ name: `${x},${y}`, from }));
    return pictureOf(400, 64, runGraph({ package: packageHash, tasks, results }, kernel, blobs));
  };
  const { samples } = blend(512, 2);
  for (const [tile, cut] of [
    [32, 2],
    [64, 3],
  ] as const) {
    assert.deepEqual(blend(tile, cut).samples, samples);
  }
  const row = samples.subarray(30 * 400 * 4, 31 * 400 * 4);
  const at = (x: number): number[] => [...row.subarray(x * 4, x * 4 + 4)];
  assert.deepEqual(at(299)[3], 255);
  assert.deepEqual(at(300), [...at(300).slice(0, 3), 0]);
  assert.deepEqual(at(399)[3], 0);
  for (let x = 121; x < 180; x++) {
    const step = (at(x)[0] ?? 0) - (at(x - 1)[0] ?? 0);
    assert.ok(step >= 0 && step <= 4, `${step} at ${x}`);
  }
});

test("what is not a number in a layer of floats becomes 0, and the picture stays finite", () => {
  const samples = new Float32Array(64 * 64 * 3).fill(0.5);
  samples[5000] = Number.NaN;
  samples[6000] = Number.POSITIVE_INFINITY;
  samples[7000] = -3.4e38;
  const blobs: Blobs = new Map();
  const tasks: JobGraph["tasks"][number][] = [];
  const picture = { width: 64, height: 64, channels: 3, samples };
  const placed = addFusion(tasks, {
    plan: { width: 64, height: 64, levels: 5, tile: 32, cut: 2 },
    frames: [{ tiles: placedTilesOf(storeFrame(blobs, picture)) }],
    output: "f32",
    alpha: false,
    pixelBytes: 12,
    name: "blend",
  });
  const results = placed.map(({ x, y, from }) => ({ name: `${x},${y}`, from }));
  const blended = pictureOf(64, 64, runGraph({ package: packageHash, tasks, results }, kernel, blobs));
  assert.ok(blended.samples.every((sample) => Number.isFinite(sample)));
});

test("no task holds more memory than its graph states, and not much less", () => {
  for (const [count, width, height, cut] of [
    [2, 900, 700, 3],
    [5, 600, 500, 4],
  ] as const) {
    const blobs: Blobs = new Map();
    const frames = bracketOf(count, width, height, 8).map((picture) => storeFrame(blobs, picture));
    const normalise = { blackPercent: 1, whitePercent: 1 };
    const graph = fusionGraph({ packageHash, frames, weights, output: "u16", tile: 512, cut, normalise });
    const { outputs } = runGraph(graph, kernel, blobs);
    for (const [number, { fn, args, inputs, memoryBytes }] of graph.tasks.entries()) {
      const given = inputs.map((from) =>
        "blob" in from ? blobs.get(from.blob) : outputs[from.task]?.[from.output],
      );
      const bytes = given.map((input) => input ?? new Uint8Array());
      const outside = [...bytes, ...(outputs[number] ?? [])].reduce((sum, { length }) => sum + length, 0);
      const held = outside + heapAfter(fn, args, bytes);
      assert.ok(held <= memoryBytes, `${fn} holds ${held} bytes, and says ${memoryBytes}`);
      assert.ok(
        held >= (memoryBytes - 2 ** 21) / 2,
        `${fn} holds only ${held} bytes, and says ${memoryBytes}`,
      );
    }
  }
});

/** Where the kernel's memory ends after a call: it never gives anything back. */
function heapAfter(fn: string, args: readonly number[], inputs: readonly Uint8Array[]): number {
  const { exports } = new webAssembly.Instance(kernel, {});
  // The exports of our own kernel, whose types the ABI states.
  const {
    memory,
    allocate,
    [fn]: call,
  } = exports as unknown as Record<string, (...values: number[]) => number> & {
    readonly memory: { readonly buffer: ArrayBuffer };
  };
  assert.ok(allocate !== undefined && call !== undefined);
  const argAddress = allocate(args.length * 8);
  const table = allocate(inputs.length * 8);
  const addresses = inputs.map(({ length }) => allocate(length));
  new Float64Array(memory.buffer, argAddress, args.length).set(args);
  for (const [index, input] of inputs.entries()) {
    const address = addresses[index] ?? 0;
    new Uint8Array(memory.buffer, address, input.length).set(input);
    new Uint32Array(memory.buffer, table + index * 8, 2).set([address, input.length]);
  }
  call(argAddress, args.length, table, inputs.length);
  return allocate(16);
}

test("hostile arguments trap with words", () => {
  const blobs: Blobs = new Map();
  const frames = bracketOf(2, 64, 64, 1).map((picture) => storeFrame(blobs, picture));
  const graph = fusionGraph({ packageHash, frames, weights, output: "u8" });
  const inputs = [...blobs.values()];
  const [task] = graph.tasks;
  assert.ok(task !== undefined);
  const { args } = task;
  fc.assert(
    fc.property(
      fc.nat({ max: args.length - 1 }),
      fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-1, 2 ** 31, 2 ** 32, Number.NaN)),
      fc.constantFrom("fusionDown", "fusionReduce", "fusionUp", "fusionNormalize", "fusionLimits"),
      (index, value, fn) => {
        try {
          callKernel(kernel, fn, args.with(index, value), inputs);
        } catch (error) {
          assert.ok(error instanceof KernelTrap);
          assert.doesNotMatch(error.message, /unreachable|out of bounds|memory access/);
        }
      },
    ),
    { numRuns: 300 },
  );
  const refused = (mutate: (bytes: Uint8Array) => void): void => {
    const [first = new Uint8Array(), ...rest] = inputs;
    const bytes = first.slice();
    mutate(bytes);
    assert.throws(() => callKernel(kernel, "fusionDown", args, [bytes, ...rest]), KernelTrap);
  };
  refused((bytes) => bytes.fill(0, 0, 4));
  refused((bytes) => bytes.fill(255, 8, 16));
  refused((bytes) => bytes.fill(9, 4, 5));
});
