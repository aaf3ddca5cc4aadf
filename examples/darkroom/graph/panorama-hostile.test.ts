import assert from "node:assert/strict";
import { before, test } from "node:test";
import fc from "fast-check";
import { callKernel, KernelTrap } from "#burst/kernel/call-kernel.ts";
import { webAssembly, type WasmModule } from "#burst/kernel/web-assembly.ts";
import { type KnownView, makeTexture, renderView, storeLevel } from "#test/support/panorama-views.ts";
import { type Blobs, putBlob } from "#test/support/run-graph.ts";
import type { TaskSpec } from "#burst/graph.ts";
import { buildKernel } from "../kernels/build-kernel.ts";
import { readPanoramaCameras } from "./panorama-cameras.ts";
import { reduceLevel } from "./panorama-frame.ts";
import { registerPanoramaGraph } from "./panorama-register.ts";
import { readPanoramaSeams } from "./panorama-seams.ts";
import { panoramaGraph } from "./panorama.ts";

interface Call {
  readonly fn: string;
  readonly args: readonly number[];
  readonly inputs: readonly Uint8Array[];
}

const packageHash = "0".repeat(64);
let kernel: WasmModule;
/** One good call of each function. */
let calls: readonly Call[];

before(async () => {
  kernel = new webAssembly.Module(await buildKernel("panorama"));
  calls = goodCalls();
});

function goodCalls(): Call[] {
  const texture = makeTexture(1200, 0.4);
  const base = { focal: 190, width: 200, height: 150, pitch: 0, roll: 0, gain: 1 };
  const views: KnownView[] = [-0.2, 0.2].map((yaw) => ({ ...base, yaw }));
  const blobs: Blobs = new Map();
  const frames = views.map((view, index) => ({
    key: String(index),
    full: storeLevel(blobs, renderView(texture, view), view.width, view.height),
  }));
  const made = new Map<string, Call>();
  const run = (tasks: readonly TaskSpec[]): (readonly Uint8Array[])[] => {
    const outputs: (readonly Uint8Array[])[] = [];
    for (const { fn, args, inputs } of tasks) {
      if (fn.startsWith("fusion")) break;
      const bytes = inputs.map((input) =>
        "blob" in input
          ? (blobs.get(input.blob) ?? assert.fail())
          : (outputs[input.task]?.[input.output] ?? assert.fail()),
      );
      made.set(fn, { fn, args, inputs: bytes });
      outputs.push(callKernel(kernel, fn, args, bytes));
    }
    return outputs;
  };
  const reductions: TaskSpec[] = [];
  reduceLevel(reductions, frames[0]?.full ?? assert.fail(), 2);
  run(reductions);
  const { graph } = registerPanoramaGraph(packageHash, frames);
  const outputs = run(graph.tasks);
  const result = (name: string): Uint8Array => {
    const from = graph.results.find((one) => one.name === name)?.from;
    return from !== undefined && "task" in from
      ? (outputs[from.task]?.[from.output] ?? assert.fail())
      : assert.fail();
  };
  const cameras = result("cameras");
  const seams = result("seams-cylindrical");
  const drawn = panoramaGraph(packageHash, {
    cameras: readPanoramaCameras(cameras),
    camerasBlob: putBlob(blobs, cameras),
    projection: "cylindrical",
    seams: readPanoramaSeams(seams),
    seamsBlob: putBlob(blobs, seams),
    frames: frames.map(({ full }) => [full]),
    crop: true,
    scale: 1,
    samples: "u8",
  });
  run(drawn.graph.tasks);
  return [...made.values()];
}

/** A call gives outputs, or fails with words of its own: never by reading where nothing is. */
function answers({ fn, args, inputs }: Call): void {
  try {
    callKernel(kernel, fn, args, inputs);
  } catch (error) {
    assert.ok(error instanceof KernelTrap);
    assert.doesNotMatch(
      error.message,
      /unreachable|out of bounds|divide|overflow|represent|memory/,
      `${fn}: ${error.message}`,
    );
  }
}

test("every function of the panorama kernel is tried", () => {
  const names = webAssembly.Module.exports(kernel).flatMap(({ name, kind }) =>
    kind === "function" ? [name] : [],
  );
  const tried = [...calls.map(({ fn }) => fn), "allocate", "failure"];
  assert.deepEqual(tried.toSorted(), names.toSorted());
});

test("arguments that nobody gives make the panorama kernel fail with words", () => {
  const strange = fc.oneof(
    fc.constantFrom(0, -1, 1, 0.5, Number.NaN, Infinity, -Infinity, 2 ** 31, 2 ** 32, 65_536, 1e300),
    fc.integer({ min: -10, max: 70_000 }),
  );
  fc.assert(
    fc.property(fc.nat(1_000), fc.nat(1_000), strange, fc.boolean(), (which, where, value, short) => {
      const call = calls[which % calls.length] ?? assert.fail();
      if (call.args.length === 0) return answers({ ...call, args: [value] });
      const place = where % call.args.length;
      answers({ ...call, args: short ? call.args.slice(0, place) : call.args.with(place, value) });
    }),
    { numRuns: 150 },
  );
});

test("inputs that are damaged make the panorama kernel fail with words", () => {
  const damage = fc.record({
    call: fc.nat(1_000),
    input: fc.nat(1_000),
    at: fc.nat(200),
    word: fc.integer(),
    cut: fc.option(fc.nat(300)),
  });
  fc.assert(
    fc.property(damage, ({ call, input, at, word, cut }) => {
      const good = calls[call % calls.length] ?? assert.fail();
      const number = input % good.inputs.length;
      const bytes = (good.inputs[number] ?? assert.fail()).slice(0, cut ?? undefined);
      if (bytes.length >= 4) {
        const place = Math.min(at & ~3, (bytes.length - 4) & ~3);
        new DataView(bytes.buffer).setInt32(place, word, true);
      }
      answers({ ...good, inputs: good.inputs.with(number, bytes) });
    }),
    { numRuns: 200 },
  );
});

test("an input too many or too few makes the panorama kernel fail with words", () => {
  for (const call of calls) {
    answers({ ...call, inputs: call.inputs.slice(1) });
    answers({ ...call, inputs: [...call.inputs, new Uint8Array(3)] });
    answers({ ...call, inputs: [] });
  }
});
