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

/** The kernel trapped: what it said about it, or what the engine did. `memory`: it wanted more than it may have. */
export class KernelTrap extends Error {
  override readonly name = "KernelTrap";
  readonly kind: "trap" | "memory";

  constructor(
    message: string,
    options: { readonly kind?: "trap" | "memory"; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = options.kind ?? "trap";
  }
}

/**
 * Calls one export in an instance of its own. The outputs are copies: nothing keeps the instance's memory alive. Throws `KernelTrap`, also when the instance took more
 * than `memoryBytes`; the maximum that its module declares is a bound that the engine keeps by itself.
 */
export function callKernel(
  module: WasmModule,
  name: string,
  args: readonly number[],
  inputs: readonly Uint8Array[],
  memoryBytes = Number.POSITIVE_INFINITY,
): Uint8Array<ArrayBuffer>[] {
  assert(args.length <= kernelLimits.maxArgs, "a kernel was given too many arguments");
  assert(inputs.length <= kernelLimits.maxInputs, "a kernel was given too many inputs");
  const exports = exportsOf(instantiate(module));
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
    const answer = run(argAddress, args.length, tableAddress, inputs.length) >>> 0;
    const used = exports.memory.buffer.byteLength;
    if (used > memoryBytes)
      throw new KernelTrap(`it used ${used} bytes of memory and may use ${memoryBytes}`, { kind: "memory" });
    return outputsAt(exports.memory, answer);
  } catch (error) {
    if (error instanceof KernelTrap) throw error;
    const words = failureOf(exports);
    // Allocators grow by doubling and trap without words when they may not.
    const isFull = words === undefined && exports.memory.buffer.byteLength * 2 > memoryBytes;
    throw new KernelTrap(words ?? messageOf(error), { kind: isFull ? "memory" : "trap", cause: error });
  }
}

/** A module may run code of its own while it is instantiated; a failure there is a trap like any other. */
function instantiate(module: WasmModule): { readonly exports: Readonly<Record<string, unknown>> } {
  try {
    return new webAssembly.Instance(module, {});
  } catch (error) {
    const kind = error instanceof RangeError ? "memory" : "trap";
    throw new KernelTrap(messageOf(error), { kind, cause: error });
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
  let total = 0;
  return Array.from({ length: count }, (_, index) => {
    const entry = address + 4 + index * 8;
    const length = view.getUint32(entry + 4, true);
    // A table that names the same bytes again and again would make copies without end.
    total += length;
    if (total > memory.buffer.byteLength)
      throw new KernelTrap("the kernel's outputs are larger than its memory");
    return new Uint8Array(memory.buffer, view.getUint32(entry, true), length).slice();
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
