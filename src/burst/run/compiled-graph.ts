import type { BlobRef, JobGraph, TaskSpec } from "../graph.ts";

/**
 * A graph as flat arrays, so that 100,000 tasks are a few megabytes and no work for the collector. Outputs of all tasks are numbered through: they are called slots. Lists of
 * a task lie one after the other; those of task t go from `start[t]` to `start[t + 1]`.
 */
export interface CompiledGraph {
  readonly package: string;
  readonly specs: readonly TaskSpec[];
  readonly results: JobGraph["results"];
  readonly stages: readonly string[];
  readonly stageOf: Uint8Array;
  readonly inputStart: Uint32Array;
  /** A slot, or `~index` into `blobs`. */
  readonly inputs: Int32Array;
  readonly blobs: readonly BlobRef[];
  readonly dependentStart: Uint32Array;
  readonly dependents: Uint32Array;
  readonly outputStart: Uint32Array;
  readonly slotTask: Uint32Array;
  /** How often each slot is read, by tasks and as a result. */
  readonly uses: Uint32Array;
}

/** Compiles a graph that was checked (`graphFault`). */
export function compileGraph(graph: JobGraph): CompiledGraph {
  const { tasks } = graph;
  const outputStart = starts(tasks.map((task) => task.outputs));
  const inputStart = starts(tasks.map((task) => task.inputs.length));
  const slots = outputStart[tasks.length] ?? 0;
  const slotTask = new Uint32Array(slots);
  const uses = new Uint32Array(slots);
  const inputs = new Int32Array(inputStart[tasks.length] ?? 0);
  const readers = new Uint32Array(tasks.length);
  const blobs: BlobRef[] = [];
  const blobIndex = new Map<string, number>();
  const stages = [...new Set(tasks.map((task) => task.stage))];
  const stageNumber = new Map(stages.map((stage, index) => [stage, index]));
  const stageOf = Uint8Array.from(tasks, (task) => stageNumber.get(task.stage) ?? 0);
  tasks.forEach((task, number) => {
    slotTask.fill(number, outputStart[number], outputStart[number + 1]);
    let at = inputStart[number] ?? 0;
    for (const input of task.inputs) {
      if ("blob" in input) {
        let index = blobIndex.get(input.blob);
        if (index === undefined) {
          index = blobs.push(input) - 1;
          blobIndex.set(input.blob, index);
        }
        inputs[at] = ~index;
      } else {
        const slot = (outputStart[input.task] ?? 0) + input.output;
        inputs[at] = slot;
        bump(uses, slot);
        bump(readers, input.task);
      }
      at += 1;
    }
  });
  for (const { from } of graph.results)
    if ("task" in from) bump(uses, (outputStart[from.task] ?? 0) + from.output);
  const dependentStart = starts(readers);
  const dependents = dependentsOf({ count: tasks.length, inputStart, inputs, slotTask, dependentStart });
  const lists = { inputStart, inputs, blobs, dependentStart, dependents, outputStart, slotTask, uses };
  return { package: graph.package, specs: tasks, results: graph.results, stages, stageOf, ...lists };
}

function dependentsOf(lists: {
  readonly count: number;
  readonly inputStart: Uint32Array;
  readonly inputs: Int32Array;
  readonly slotTask: Uint32Array;
  readonly dependentStart: Uint32Array;
}): Uint32Array {
  const { count, inputStart, inputs, slotTask, dependentStart } = lists;
  const dependents = new Uint32Array(dependentStart[count] ?? 0);
  const next = dependentStart.slice();
  for (let task = 0; task < count; task += 1) {
    const end = inputStart[task + 1] ?? 0;
    for (let at = inputStart[task] ?? 0; at < end; at += 1) {
      const slot = inputs[at] ?? -1;
      if (slot < 0) continue;
      const producer = slotTask[slot] ?? 0;
      dependents[next[producer] ?? 0] = task;
      bump(next, producer);
    }
  }
  return dependents;
}

function starts(lengths: ArrayLike<number>): Uint32Array {
  const result = new Uint32Array(lengths.length + 1);
  for (let index = 0; index < lengths.length; index += 1)
    result[index + 1] = (result[index] ?? 0) + (lengths[index] ?? 0);
  return result;
}

function bump(counts: Uint32Array, at: number): void {
  counts[at] = (counts[at] ?? 0) + 1;
}
