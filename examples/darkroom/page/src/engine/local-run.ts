import type { InputRef, JobGraph, TaskSpec } from "#burst/graph.ts";
import { graphFault } from "#burst/graph.ts";
import { taskText } from "#burst/task.ts";
import type { Blobs } from "./blobs.ts";
import type { KernelPool } from "./kernel-pool.ts";
import type { Kernels } from "./kernels.ts";
import { sha256 } from "./sha256.ts";

/** Hashes of what a task gave, by the task's id: a slider that is moved back costs nothing. */
export type Memo = Map<string, readonly string[]>;

/** A task that ran elsewhere: its id, and the hashes of its outputs, which are in memory. */
export interface KnownTask {
  readonly id: string;
  readonly outputs: readonly string[];
}

export interface LocalRunOptions {
  readonly kernels: Kernels;
  readonly pool: KernelPool;
  readonly blobs: Blobs;
  readonly memo: Memo;
  readonly signal: AbortSignal;
  /** Bytes of a blob that is not in memory, such as an original. */
  readonly fetchBlob?: (hash: string) => Promise<Uint8Array<ArrayBuffer>>;
  /** What need not run again, by the tasks' numbers; nor need what only they read. */
  readonly known?: ReadonlyMap<number, KnownTask>;
  /** Awaited before each task begins: a pause. */
  readonly turn?: () => Promise<void>;
  /** `id` is the task's identity, the same wherever it runs. */
  readonly onTask?: (task: number, state: "running" | "done", outputs: readonly string[], id: string) => void;
}

const maxMemo = 100_000;

/**
 * Runs a graph in this page alone: tasks that are ready go to the pool, later ones of a chain before new chains begin, so that little lies in memory. Equal tasks are not run
 * again. Gives the hashes of the results by name; rejects with what a kernel says, and when the signal aborts.
 */
export async function runLocally(
  graph: JobGraph,
  options: LocalRunOptions,
): Promise<ReadonlyMap<string, string>> {
  const fault = graphFault(graph);
  if (fault !== undefined) throw new Error(`This graph cannot be run: ${fault}.`);
  return await new LocalRun(graph, options).run();
}

class LocalRun {
  readonly #graph: JobGraph;
  readonly #options: LocalRunOptions;
  /** Of each task: earlier tasks that are not done. */
  readonly #missing: number[];
  readonly #readers: readonly number[][];
  readonly #outputs: (readonly string[] | undefined)[] = [];
  /** Tasks that run. */
  readonly #needed: ReadonlySet<number>;
  /** Readers of each task that are not done yet, and results: afterwards its outputs may leave memory. */
  readonly #wanted: number[];
  /** Tasks whose outputs this run holds. */
  readonly #held = new Set<number>();
  readonly #ready: number[] = [];
  readonly #broken = new AbortController();
  readonly #sleepers = new Set<() => void>();
  /** Tasks that are not done. */
  #left: number;

  constructor(graph: JobGraph, options: LocalRunOptions) {
    this.#graph = graph;
    this.#options = options;
    const { known = new Map<number, KnownTask>(), blobs } = options;
    this.#needed = neededTasks(graph, known);
    this.#left = this.#needed.size;
    const readers: number[][] = graph.tasks.map(() => []);
    this.#missing = graph.tasks.map(({ inputs }, number) => {
      if (!this.#needed.has(number)) return 0;
      const before = [...tasksOf(inputs)];
      for (const task of before) readers[task]?.push(number);
      return before.filter((task) => this.#needed.has(task)).length;
    });
    this.#readers = readers;
    this.#wanted = readers.map(({ length }) => length);
    for (const { from } of graph.results) if ("task" in from) this.#wanted[from.task] = Infinity;
    for (const [number, { outputs }] of known) {
      for (const hash of outputs) blobs.hold(hash);
      this.#held.add(number);
      this.#outputs[number] = outputs;
    }
  }

  async run(): Promise<ReadonlyMap<string, string>> {
    const { pool, signal } = this.#options;
    for (let number = this.#missing.length - 1; number >= 0; number -= 1)
      if (this.#missing[number] === 0 && this.#needed.has(number)) this.#ready.push(number);
    const stop = AbortSignal.any([signal, this.#broken.signal]);
    // One more than there are slots, so that a slot never waits for hashes and messages.
    const lanes = Array.from({ length: pool.slots + 1 }, async () => await this.#lane(stop));
    try {
      // All have ended before anything is given back, also when one of them broke.
      for (const ending of await Promise.allSettled(lanes))
        if (ending.status === "rejected") throw ending.reason;
      signal.throwIfAborted();
      return new Map(this.#graph.results.map(({ name, from }) => [name, this.#hashOf(from)]));
    } finally {
      this.#releaseAll();
    }
  }

  /** Takes the newest ready task, again and again; ends when nothing is left. */
  async #lane(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        const number = this.#ready.pop();
        if (number === undefined) {
          if (this.#left === 0) return;
          await this.#changed(signal);
          continue;
        }
        await this.#perform(number, signal);
      }
    } catch (error) {
      this.#broken.abort(error);
      this.#wake();
      throw error;
    }
  }

  async #changed(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#sleepers.add(resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
  }

  #wake(): void {
    for (const sleeper of this.#sleepers) sleeper();
    this.#sleepers.clear();
  }

  async #perform(number: number, signal: AbortSignal): Promise<void> {
    const task = this.#graph.tasks[number] as TaskSpec; // ready tasks are tasks of the graph
    await this.#options.turn?.();
    signal.throwIfAborted();
    const { blobs, memo, onTask } = this.#options;
    const hashes = task.inputs.map((input) => this.#hashOf(input));
    const id = await sha256(new TextEncoder().encode(taskText(this.#graph.package, task, hashes)));
    onTask?.(number, "running", [], id);
    const known = memo.get(id);
    const isThere = known?.every((hash) => blobs.get(hash) !== undefined) === true;
    const outputs = isThere && known !== undefined ? known : await this.#call(task, hashes, signal);
    if (memo.size >= maxMemo) memo.clear();
    memo.set(id, outputs);
    for (const hash of outputs) blobs.hold(hash);
    this.#held.add(number);
    this.#outputs[number] = outputs;
    onTask?.(number, "done", outputs, id);
    this.#release(task);
    for (const reader of this.#readers[number] ?? []) {
      const missing = (this.#missing[reader] ?? 0) - 1;
      this.#missing[reader] = missing;
      if (missing === 0) this.#ready.push(reader);
    }
    this.#left -= 1;
    this.#wake();
  }

  async #call(task: TaskSpec, hashes: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const { kernels, pool, blobs } = this.#options;
    const inputs: Uint8Array[] = [];
    for (const hash of hashes) inputs.push(await this.#bytesOf(hash));
    const { fn, args, memoryBytes } = task;
    const outcome = await pool.run({ module: kernels.moduleOf(fn), fn, args, inputs, memoryBytes }, signal);
    if (outcome.kind !== "done") throw new Error(`${fn}: ${outcome.message}`);
    if (outcome.outputs.length !== task.outputs)
      throw new Error(`${fn} gave another number of outputs than its graph says.`);
    const added = await Promise.all(outcome.outputs.map(async (bytes) => await blobs.add(bytes)));
    return added.map(({ blob }) => blob);
  }

  async #bytesOf(hash: string): Promise<Uint8Array<ArrayBuffer>> {
    const { blobs, fetchBlob } = this.#options;
    const found = blobs.get(hash);
    if (found !== undefined) return found;
    if (fetchBlob === undefined) throw new Error(`A picture's data (${hash.slice(0, 8)}…) is not here.`);
    const bytes = await fetchBlob(hash);
    blobs.put(hash, bytes);
    return bytes;
  }

  /** The task is done with its inputs; what nobody else wants may leave memory. */
  #release(task: TaskSpec): void {
    for (const before of tasksOf(task.inputs)) {
      const left = (this.#wanted[before] ?? 0) - 1;
      this.#wanted[before] = left;
      if (left === 0) this.#releaseOutputs(before);
    }
  }

  #releaseOutputs(task: number): void {
    if (!this.#held.delete(task)) return;
    for (const hash of this.#outputs[task] ?? []) this.#options.blobs.release(hash);
  }

  /** Results stay as long as there is room; whoever wants them longer holds them itself. */
  #releaseAll(): void {
    for (const task of this.#held) this.#releaseOutputs(task);
  }

  #hashOf(input: InputRef): string {
    const hash = "blob" in input ? input.blob : this.#outputs[input.task]?.[input.output];
    if (hash === undefined) throw new Error("A task was started before what it reads was there.");
    return hash;
  }
}

/** Tasks that the results need and nobody knows the outputs of. */
export function neededTasks(graph: JobGraph, known: ReadonlyMap<number, KnownTask>): ReadonlySet<number> {
  const needed = new Set<number>();
  const need = (inputs: readonly InputRef[]) => {
    for (const task of tasksOf(inputs)) if (!known.has(task)) needed.add(task);
  };
  need(graph.results.map(({ from }) => from));
  // A task reads earlier ones only.
  for (const [number, { inputs }] of [...graph.tasks.entries()].toReversed())
    if (needed.has(number)) need(inputs);
  return needed;
}

function tasksOf(inputs: readonly InputRef[]): ReadonlySet<number> {
  return new Set(inputs.flatMap((input) => ("task" in input ? [input.task] : [])));
}
