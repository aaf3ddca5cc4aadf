import { createHash } from "node:crypto";
import type { JobGraph } from "#burst/graph.ts";
import { tinyWasm, constant, outputTable } from "./tiny-wasm.ts";

/** Two kernels whose output follows from a number and from all inputs: of 8 bytes, and of more than a message takes. What they give is known without them. */
export const mixingFunctions = { small: 8, large: 20_480 } as const;
type MixingFunction = keyof typeof mixingFunctions;

const outputAt = 65_536;
const factor = 0x9e3779b1 | 0;
const step = 1_013_904_223;
const i32 = {
  load: 0x28,
  store: 0x36,
  add: 0x6a,
  sub: 0x6b,
  mul: 0x6c,
  xor: 0x73,
  lessUnsigned: 0x49,
} as const;
const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const loaded = (offset: number): number[] => [i32.load, 2, offset];
/** Locals of `run`: its parameters, used again when they were read. */
const [args, hash, inputs, count] = [0, 1, 2, 3] as const;

/** `spins` turns of an empty loop take time, and change nothing. */
export function mixingKernel(fn: MixingFunction, spins: number): Uint8Array<ArrayBuffer> {
  const data = outputTable([{ address: outputAt, length: mixingFunctions[fn] }]);
  const run = [
    [...get(args), ...loaded(0), ...get(args), ...loaded(4), i32.xor, ...set(hash)],
    // Each input's first word.
    [0x02, 0x40, 0x03, 0x40, ...get(count), 0x45, 0x0d, 1],
    [...get(hash), ...constant(factor), i32.mul],
    [...get(inputs), ...loaded(0), ...loaded(0), i32.xor, ...set(hash)],
    [...get(inputs), ...constant(8), i32.add, ...set(inputs)],
    [...get(count), ...constant(1), i32.sub, ...set(count), 0x0c, 0, 0x0b, 0x0b],
    [...constant(spins), ...set(count), 0x03, 0x40],
    [...get(count), ...constant(1), i32.sub, 0x22, count, 0x0d, 0, 0x0b],
    // The output, word by word.
    [...constant(outputAt), ...set(inputs), 0x03, 0x40],
    [...get(hash), ...constant(factor), i32.mul, ...constant(step), i32.add, ...set(hash)],
    [...get(inputs), ...get(hash), i32.store, 2, 0],
    [...get(inputs), ...constant(4), i32.add, 0x22, inputs],
    [...constant(outputAt + mixingFunctions[fn]), i32.lessUnsigned, 0x0d, 0, 0x0b],
    constant(1024),
  ].flat();
  return tinyWasm({ run, name: fn, memory: [2, 16], data });
}

/** Hashes of what each task of a graph of these kernels truly gives. */
export function mixingTruth({ tasks }: JobGraph): readonly string[] {
  const words: number[] = [];
  return tasks.map(({ fn, args: [number = 0], inputs: read }, task) => {
    const [low = 0, high = 0] = new Int32Array(Float64Array.of(number).buffer);
    let mixed = low ^ high;
    for (const input of read)
      mixed = Math.imul(mixed, factor) ^ ("task" in input ? (words[input.task] ?? 0) : 0);
    const made = new Int32Array((fn === "large" ? mixingFunctions.large : mixingFunctions.small) / 4);
    for (let at = 0; at < made.length; at += 1) made[at] = mixed = (Math.imul(mixed, factor) + step) | 0;
    words[task] = made[0] ?? 0;
    return createHash("sha256").update(made).digest("hex");
  });
}
