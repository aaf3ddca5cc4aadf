import { assert } from "#lib/assert.ts";
import type { Clock } from "#lib/clock.ts";
import { admitModule } from "../kernel/admit-module.ts";
import type { WasmModule } from "../kernel/web-assembly.ts";
import type { TaskRunner } from "./ports.ts";

/**
 * A kernel (`vdc-kernel/1`) that does what image kernels do: loads four floats, multiplies and adds, stores them, over 256 KiB again and again. Written by hand, so
 * that a worker can measure itself before it has any package.
 */
export function calibrationModule(): WasmModule {
  const [i32, i32s4] = [[0x7f], [0x7f, 0x7f, 0x7f, 0x7f]];
  const types = [functionType(i32, i32), functionType([], i32), functionType(i32s4, i32)];
  const exported = [
    name("memory", 2, 0),
    name("allocate", 0, 0),
    name("failure", 0, 1),
    name("calibrate", 0, 2),
  ];
  const bytes = [
    ...header,
    ...section(1, vector(types)),
    ...section(3, [3, 0, 1, 2]), // functions 0, 1, 2 are of type 0, 1, 2
    ...section(5, [1, 1, pages, pages]),
    ...section(6, [1, 0x7f, 1, 0x41, 0xc0, 0, 0x0b]), // global 0: the next free address, at first 64
    ...section(7, vector(exported)),
    ...section(10, vector([sized(allocateBody), sized(failureBody), sized(calibrateBody)])),
  ];
  return admitModule(Uint8Array.from(bytes), { functions: ["calibrate"], memoryBytes: pages * 65_536 });
}

/** What every module of version 1 begins with. */
const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** One page for arguments, four for the floats. */
const pages = 5;

/** Answers global 0 and moves it on by the argument. */
const allocateBody = [0, 0x23, 0, 0x23, 0, 0x20, 0, 0x6a, 0x24, 0, 0x0b];
const failureBody = [0, 0x41, 0, 0x0b];
/** Local 4 counts down from the first argument; local 5 is an address: count × 16, within 256 KiB, behind the first page. Answers address 0: no outputs. */
const calibrateBody = [
  [1, 2, 0x7f],
  [0x20, 0, 0x2b, 3, 0, 0xaa, 0x21, 4], // local 4 = the first f64 as an integer
  [0x03, 0x40], // loop
  [0x20, 4, 0x41, 4, 0x74, 0x41, 0xf0, 0xff, 0x0f, 0x71, 0x22, 5], // local 5 = (local 4 << 4) & 0x3fff0
  [0x20, 5, 0xfd, 0, 4, 0x80, 0x80, 4], // v128.load offset=65536
  [0x20, 5, 0xfd, 0, 4, 0x80, 0x80, 4, 0xfd, 0xe6, 1], // f32x4.mul with itself
  [0x20, 0, 0xfd, 0x11, 0xfd, 0xe4, 1], // f32x4.add with i32x4.splat(local 0): tiny numbers
  [0xfd, 11, 4, 0x80, 0x80, 4], // v128.store offset=65536
  [0x20, 4, 0x41, 1, 0x6b, 0x22, 4, 0x0d, 0], // until local 4 is 0
  [0x0b],
  [0x41, 0, 0x0b],
].flat();

/** What a run does, and how long the reference core takes for it. */
const iterations = 8_000_000;
const referenceMs = 7;
const runs = 5;

/** Reference cores that a slot of this runner is worth now: the best of a few runs, so that the first ones compile and a moment's disturbance does not count. */
export async function measureSpeed(
  runner: TaskRunner,
  clock: Pick<Clock, "monotonic">,
  signal: AbortSignal,
): Promise<number> {
  const code = { level: "wasm", module: calibrationModule() } as const;
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run += 1) {
    const begun = clock.monotonic();
    const call = {
      code,
      fn: "calibrate",
      args: [iterations],
      inputs: [],
      outputs: 0,
      memoryBytes: pages * 65_536,
    };
    const outcome = await runner.run(call, signal);
    assert(outcome.kind === "done", "the calibration kernel runs everywhere");
    best = Math.min(best, clock.monotonic() - begun);
  }
  return Math.min(100, Math.max(0.01, referenceMs / Math.max(best, 0.01)));
}

function functionType(parameters: readonly number[], results: readonly number[]): number[] {
  return [0x60, parameters.length, ...parameters, results.length, ...results];
}

function name(text: string, kind: number, index: number): number[] {
  return [text.length, ...new TextEncoder().encode(text), kind, index];
}

/** All of it is shorter than 128 bytes, so each length is one byte. */
function sized(content: readonly number[]): number[] {
  assert(content.length < 128, "a part of the calibration kernel is short");
  return [content.length, ...content];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...sized(content)];
}

function vector(elements: readonly (readonly number[])[]): number[] {
  return [elements.length, ...elements.flat()];
}
