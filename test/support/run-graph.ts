import { createHash } from "node:crypto";
import type { InputRef, JobGraph } from "#burst/graph.ts";
import { graphFault } from "#burst/graph.ts";
import { callKernel } from "#burst/kernel/call-kernel.ts";
import type { WasmModule } from "#burst/kernel/web-assembly.ts";

/** Blobs by their SHA-256 in lower-case hexadecimal. */
export type Blobs = Map<string, Uint8Array>;

export interface GraphRun {
  /** The graph's results by name. */
  readonly results: ReadonlyMap<string, Uint8Array>;
  /** The outputs of every task, by its number. */
  readonly outputs: readonly (readonly Uint8Array[])[];
}

/** Picks which of the ready tasks runs next: an index below `ready.length`. */
export type TaskOrder = (ready: readonly number[]) => number;

/** Adds the bytes to the blobs and answers the reference that a graph uses. */
export function putBlob(blobs: Blobs, bytes: Uint8Array): { readonly blob: string; readonly bytes: number } {
  const blob = createHash("sha256").update(bytes).digest("hex");
  blobs.set(blob, bytes);
  return { blob, bytes: bytes.length };
}

/**
 * Runs a job's graph in this thread, with one module or with the one that has a task's function, in any order that its edges allow (`order`; the
 * first ready task when absent). Throws what a kernel says when it traps, and when the graph or what a task gives is not what the graph says.
 */
export function runGraph(
  graph: JobGraph,
  module: WasmModule | ((fn: string) => WasmModule),
  blobs: Blobs,
  order: TaskOrder = () => 0,
): GraphRun {
  const fault = graphFault(graph);
  if (fault !== undefined) throw new Error(fault);
  const outputs: (readonly Uint8Array[])[] = [];
  const bytesOf = (input: InputRef): Uint8Array => {
    const bytes = "blob" in input ? blobs.get(input.blob) : outputs[input.task]?.[input.output];
    if (bytes === undefined) throw new Error(`nothing is there for ${JSON.stringify(input)}`);
    return bytes;
  };
  for (const number of inOrder(graph, order)) {
    const task = graph.tasks[number];
    if (task === undefined) throw new Error(`the order names task ${number}, which is not there`);
    const code = typeof module === "function" ? module(task.fn) : module;
    const given = callKernel(code, task.fn, task.args, task.inputs.map(bytesOf));
    if (given.length !== task.outputs) {
      throw new Error(`task ${number} (${task.fn}) gave ${given.length} outputs, not ${task.outputs}`);
    }
    outputs[number] = given;
  }
  return { results: new Map(graph.results.map(({ name, from }) => [name, bytesOf(from)])), outputs };
}

/** Every task once, after those it reads. */
function* inOrder(graph: JobGraph, order: TaskOrder): Generator<number> {
  const missing = graph.tasks.map(
    ({ inputs }) => new Set(inputs.flatMap((input) => ("task" in input ? [input.task] : []))),
  );
  const readers = new Map<number, number[]>();
  for (const [reader, tasks] of missing.entries()) {
    for (const task of tasks) readers.set(task, [...(readers.get(task) ?? []), reader]);
  }
  const ready = [...missing.entries()].flatMap(([number, tasks]) => (tasks.size === 0 ? [number] : []));
  while (ready.length > 0) {
    const [next] = ready.splice(order(ready), 1);
    if (next === undefined) throw new Error("the order picked a task that is not ready");
    yield next;
    for (const reader of readers.get(next) ?? []) {
      missing[reader]?.delete(next);
      if (missing[reader]?.size === 0) ready.push(reader);
    }
  }
}
