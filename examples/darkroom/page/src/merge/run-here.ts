import type { JobResult } from "#api/burst.ts";
import type { JobGraph } from "#burst/graph.ts";
import type { Blobs } from "../engine/blobs.ts";
import type { Engine } from "../engine/engine.ts";
import { type KnownTask, neededTasks, runLocally } from "../engine/local-run.ts";
import { resultNames } from "./merge-session.ts";

interface HereOptions {
  /** Results of a job of the same graph: what they are need not be made again. */
  readonly came: readonly JobResult[];
  readonly signal: AbortSignal;
  /** Awaited before each task begins: a pause. */
  readonly turn: () => Promise<void>;
  /** `spared`: it does not run. */
  readonly onTask: (task: number, state: "running" | "done" | "spared") => void;
  readonly onTile: (name: string, bytes: Uint8Array) => Promise<void>;
}

interface MadeHere {
  readonly results: ReadonlyMap<string, string>;
  /** Of the tasks that made them, wherever they ran. */
  readonly taskIds: readonly (string | undefined)[];
}

/** Runs a full-size graph in this page, as far as it is not there; its results are held in memory. */
export async function runHere(graph: JobGraph, engine: Engine, options: HereOptions): Promise<MadeHere> {
  const { blobs } = engine;
  const { signal, turn, onTask, onTile } = options;
  const known = knownTasks(graph, options.came, blobs);
  const needed = neededTasks(graph, known);
  const names = resultNames(graph);
  const wanted = new Set(
    graph.results.flatMap(({ from }) => ("task" in from ? [`${from.task} ${from.output}`] : [])),
  );
  const painting: Promise<void>[] = [];
  const ids = new Map<number, string>();
  const take = (task: number, outputs: readonly string[], id: string) => {
    ids.set(task, id);
    for (const [output, hash] of outputs.entries()) {
      if (wanted.has(`${task} ${output}`)) blobs.hold(hash);
      const name = names.get(`${task} ${output}`);
      const bytes = blobs.get(hash);
      if (name !== undefined && bytes !== undefined) painting.push(onTile(name, bytes));
    }
  };
  for (const task of graph.tasks.keys()) if (!needed.has(task)) onTask(task, "spared");
  for (const [task, { outputs, id }] of known) take(task, outputs, id);
  const results = await runLocally(graph, {
    ...engine,
    known,
    signal,
    turn,
    onTask: (task, state, outputs, id) => {
      onTask(task, state);
      take(task, outputs, id);
    },
  });
  await Promise.all(painting);
  const taskIds = graph.results.map(({ from }) => ("task" in from ? ids.get(from.task) : undefined));
  return { results, taskIds };
}

/** Tasks of a job's graph that need not run again: every one of their outputs is among the job's results and in this page's memory. */
function knownTasks(
  { tasks, results }: JobGraph,
  came: readonly JobResult[],
  blobs: Blobs,
): ReadonlyMap<number, KnownTask> {
  const byName = new Map(came.map((result) => [result.name, result]));
  const found = new Map<number, { readonly id: string; readonly outputs: string[] }>();
  for (const { name, from } of results) {
    const result = byName.get(name);
    if (!("task" in from) || result?.taskId === undefined || blobs.get(result.blob) === undefined) continue;
    const task = found.get(from.task) ?? { id: result.taskId, outputs: [] };
    task.outputs[from.output] = result.blob;
    found.set(from.task, task);
  }
  const isWhole = ([task, { outputs }]: readonly [number, KnownTask]) =>
    Object.keys(outputs).length === tasks[task]?.outputs;
  return new Map([...found].filter(isWhole));
}
