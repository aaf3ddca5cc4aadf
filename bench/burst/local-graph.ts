import type { InputRef, JobGraph, TaskSpec } from "#burst/graph.ts";

/** A graph run on this machine alone, without a scheduler. */
export interface LocalRun<Blob> {
  /** What lies behind the graph's results, by name. */
  readonly results: ReadonlyMap<string, Blob>;
  /** Mean task cost by stage, in milliseconds of a slot's time, and how many there were. */
  readonly stages: ReadonlyMap<string, { count: number; milliseconds: number }>;
}

export interface LocalMachine<Blob> {
  readonly slots: number;
  /** A blob that the graph names by its hash. */
  blob(hash: string): Blob;
  run(task: TaskSpec, inputs: readonly Blob[]): Promise<readonly Blob[]>;
  /** Nobody reads it any more. */
  drop?(blob: Blob): void;
}

/** Runs all tasks, `slots` at a time, those that are ready first in the graph's order; an output is dropped with its last reader. */
export async function runLocally<Blob>(
  graph: JobGraph,
  machine: LocalMachine<Blob>,
): Promise<LocalRun<Blob>> {
  const outputs: (readonly Blob[] | undefined)[] = [];
  const stages = new Map<string, { count: number; milliseconds: number }>();
  const readers = readersOf(graph);
  const missing = graph.tasks.map(({ inputs }) => tasksAmong(inputs).size);
  const ready = missing.flatMap((count, number) => (count === 0 ? [number] : []));
  const blobOf = (input: InputRef): Blob => {
    const blob = "blob" in input ? machine.blob(input.blob) : outputs[input.task]?.[input.output];
    if (blob === undefined) throw new Error("a blob was dropped too early");
    return blob;
  };
  const finish = (number: number, made: readonly Blob[]): void => {
    outputs[number] = made;
    for (const reader of readers.next[number] ?? []) {
      missing[reader] = (missing[reader] ?? 0) - 1;
      if (missing[reader] === 0) ready.push(reader);
    }
    for (const earlier of tasksAmong(graph.tasks[number]?.inputs ?? [])) {
      readers.left[earlier] = (readers.left[earlier] ?? 0) - 1;
      if (readers.left[earlier] !== 0) continue;
      for (const blob of outputs[earlier] ?? []) machine.drop?.(blob);
      outputs[earlier] = undefined;
    }
  };
  let running = 0;
  await new Promise<void>((resolve, reject) => {
    const perform = async (number: number, task: TaskSpec): Promise<void> => {
      const began = performance.now();
      const made = await machine.run(task, task.inputs.map(blobOf));
      const stage = stages.get(task.stage) ?? { count: 0, milliseconds: 0 };
      stages.set(task.stage, stage);
      stage.count += 1;
      stage.milliseconds += performance.now() - began;
      running -= 1;
      finish(number, made);
      start();
    };
    const start = (): void => {
      if (running === 0 && ready.length === 0) resolve();
      while (running < machine.slots && ready.length > 0) {
        ready.sort((one, other) => one - other);
        const number = ready.shift() ?? 0;
        const task = graph.tasks[number];
        if (task === undefined) throw new Error("the graph has fewer tasks than it says");
        running += 1;
        perform(number, task).catch(reject);
      }
    };
    start();
  });
  return { results: new Map(graph.results.map(({ name, from }) => [name, blobOf(from)])), stages };
}

function tasksAmong(inputs: readonly InputRef[]): Set<number> {
  return new Set(inputs.flatMap((input) => ("task" in input ? [input.task] : [])));
}

/** Who reads each task's outputs, and how many of them are still to come; the graph's results are read for ever. */
function readersOf(graph: JobGraph): { readonly next: number[][]; readonly left: number[] } {
  const next: number[][] = graph.tasks.map(() => []);
  for (const [reader, { inputs }] of graph.tasks.entries())
    for (const task of tasksAmong(inputs)) next[task]?.push(reader);
  const left = next.map(({ length }) => length);
  for (const { from } of graph.results) if ("task" in from) left[from.task] = Number.POSITIVE_INFINITY;
  return { next, left };
}
