import { createHash, hash } from "node:crypto";
import type { JobGraph } from "#burst/graph.ts";
import { constant, tinyWasm } from "#test/support/tiny-wasm.ts";

/** A scaled-down merge: photos of which each makes a part of the picture. */
export const job = { tasks: 24, costMs: 240, inputBytes: 96 * 1024, outputBytes: 24 * 1024 } as const;
export const kernelMemoryBytes = 4 * 65_536;

/** `cut(ms, length)` gives the first `length` bytes of its input; how long it takes is the business of whoever runs it. */
export function cuttingKernel(): Uint8Array<ArrayBuffer> {
  const outputs = 1024;
  const store = [0x36, 2, 0];
  return tinyWasm({
    name: "cut",
    memory: [4, 4],
    run: [
      [...constant(outputs), ...constant(1), ...store],
      [...constant(outputs + 4), 0x20, 2, 0x28, 2, 0, ...store], // the input's pointer
      [...constant(outputs + 8), 0x20, 0, 0x2b, 3, 8, 0xaa, ...store], // the second argument, as an integer
      constant(outputs),
    ].flat(),
  });
}

/** A job whose bytes nobody has seen before, and its inputs. Equal seeds make equal jobs. */
export function makeJob(packageHash: string, seed: string) {
  const sources = Array.from({ length: job.tasks }, (_, index) => {
    const bytes = noise(`${seed} ${index}`, job.inputBytes);
    return { blob: hash("sha256", bytes), bytes };
  });
  const graph: JobGraph = {
    package: packageHash,
    tasks: sources.map(({ blob, bytes }) => ({
      fn: "cut",
      args: [job.costMs, job.outputBytes],
      inputs: [{ blob, bytes: bytes.length }],
      outputs: 1,
      cost: job.costMs,
      memoryBytes: kernelMemoryBytes,
      outputBytes: job.outputBytes,
      stage: "cut",
    })),
    results: sources.map((_, task) => ({ name: `part ${task}`, from: { task, output: 0 } })),
  };
  return { graph, sources };
}

/** Hashes of what the job must give, by the names of its results. */
export function expectedResults(sources: ReturnType<typeof makeJob>["sources"]): ReadonlyMap<string, string> {
  return new Map(
    sources.map(({ bytes }, task) => [`part ${task}`, hash("sha256", bytes.subarray(0, job.outputBytes))]),
  );
}

/** Bytes that look random and follow from the seed. */
function noise(seed: string, length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash("shake256", { outputLength: length }).update(seed).digest());
}
