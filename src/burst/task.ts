import type { TaskSpec } from "./graph.ts";

/** Bytes in, SHA-256 out; `node:crypto` on a server, Web Crypto in a browser. */
export type Sha256 = (bytes: Uint8Array) => Promise<string> | string;

/**
 * The text whose SHA-256 is a task's id: equal for equal calls. `inputs` are the hashes of the task's inputs, in order. JSON of fixed keys is canonical here: numbers
 * print the shortest text that reads back as the same one (ECMA-262, Number::toString), and −0 is told apart.
 */
export function taskText(packageHash: string, task: TaskSpec, inputs: readonly string[]): string {
  const args = task.args.map((value) => (Object.is(value, -0) ? "-0" : value));
  return JSON.stringify([packageHash, task.fn, args, inputs, task.memoryBytes, task.outputs]);
}
