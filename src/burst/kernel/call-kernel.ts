import { assert } from "#lib/assert.ts";
import { webAssembly, type WasmModule } from "./web-assembly.ts";

/**
 * The kernel ABI `vdc-kernel/1`. A kernel is a WebAssembly module without imports. It exports
 *
 * - `memory`, with a declared maximum,
 * - `allocate(bytes: i32): i32`, which answers the address of so many bytes,
 * - `failure(): i32`, the address of `{u32 address, u32 length}` of a UTF-8 text that says why the last call trapped, or 0,
 * - functions `name(args, argCount, inputs, inputCount): i32`: `args` is the address of `argCount` f64; `inputs` that of
 *   `inputCount` pairs `{u32 address, u32 length}`. The answer is the address of `{u32 count}` and as many pairs: the outputs.
 *
 * Every task gets a fresh instance, so nothing of one task can be seen by the next, and equal arguments give equal bytes.
 */
export const kernelAbi = "vdc-kernel/1";

/** What a kernel can be called with; more is refused before it is instantiated. */
export const kernelLimits = {
  maxArgs: 65_536,
  maxInputs: 8_192,
  maxOutputs: 8_192,
  maxFailureBytes: 2_000,
} as const;

/** The kernel trapped: what it said about it, or what the engine did. */
export class KernelTrap extends Error {
  override readonly name = "KernelTrap";
}

/** Calls one export in an instance of its own. The outputs are copies: nothing keeps the instance's memory alive. Throws `KernelTrap`. */
export function callKernel(
  module: WasmModule,
  name: string,
  args: readonly number[],
  inputs: readonly Uint8Array[],
): Uint8Array<ArrayBuffer>[] {
  assert(args.length <= kernelLimits.maxArgs, "a kernel was given too many arguments");
  assert(inputs.length <= kernelLimits.maxInputs, "a kernel was given too many inputs");
  const exports = exportsOf(new webAssembly.Instance(module, {}));
  const run = exports.functions.get(name);
  if (run === undefined) throw new KernelTrap(`the kernel has no function ${name}`);
  try {
    const argAddress = exports.allocate(args.length * 8) >>> 0;
    const tableAddress = exports.allocate(inputs.length * 8) >>> 0;
    const placed = inputs.map((input) => ({ input, address: exports.allocate(input.length) >>> 0 }));
    const { buffer } = exports.memory; // only now: every allocation may have grown it
    new Float64Array(buffer, argAddress, args.length).set(args);
    const table = new Uint32Array(buffer, tableAddress, inputs.length * 2);
    placed.forEach(({ input, address }, index) => {
      new Uint8Array(buffer, address, input.length).set(input);
      table[index * 2] = address;
      table[index * 2 + 1] = input.length;
    });
    return outputsAt(exports.memory, run(argAddress, args.length, tableAddress, inputs.length) >>> 0);
  } catch (error) {
    if (error instanceof KernelTrap) throw error;
    throw new KernelTrap(failureOf(exports) ?? messageOf(error), { cause: error });
  }
}

interface KernelMemory {
  readonly buffer: ArrayBuffer;
}

interface KernelExports {
  readonly memory: KernelMemory;
  readonly allocate: (bytes: number) => number;
  readonly failure: () => number;
  readonly functions: ReadonlyMap<string, (...values: number[]) => number>;
}

function exportsOf(instance: { readonly exports: Readonly<Record<string, unknown>> }): KernelExports {
  const functions = new Map<string, (...values: number[]) => number>();
  for (const [key, value] of Object.entries(instance.exports)) {
    // An exported WebAssembly function takes and gives numbers; what else it gives is judged where it is read.
    if (typeof value === "function") functions.set(key, value as (...values: number[]) => number);
  }
  const { memory } = instance.exports;
  const allocate = functions.get("allocate");
  const failure = functions.get("failure");
  if (!(memory instanceof webAssembly.Memory) || allocate === undefined || failure === undefined) {
    throw new KernelTrap(`the module does not speak ${kernelAbi}`);
  }
  return { memory, allocate, failure, functions };
}

/** Every address comes from the kernel, so each is checked against its memory; a range error becomes a trap. */
function outputsAt(memory: KernelMemory, address: number): Uint8Array<ArrayBuffer>[] {
  const view = new DataView(memory.buffer);
  const count = view.getUint32(address, true);
  if (count > kernelLimits.maxOutputs) throw new KernelTrap("the kernel gave too many outputs");
  return Array.from({ length: count }, (_, index) => {
    const entry = address + 4 + index * 8;
    const start = view.getUint32(entry, true);
    return new Uint8Array(memory.buffer, start, view.getUint32(entry + 4, true)).slice();
  });
}

function failureOf(exports: KernelExports): string | undefined {
  try {
    const address = exports.failure() >>> 0;
    if (address === 0) return undefined;
    const view = new DataView(exports.memory.buffer);
    const length = Math.min(view.getUint32(address + 4, true), kernelLimits.maxFailureBytes);
    return new TextDecoder().decode(
      new Uint8Array(exports.memory.buffer, view.getUint32(address, true), length).slice(),
    );
  } catch {
    return undefined; // a broken kernel has no words; the engine's own are told
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "the kernel trapped";
}
