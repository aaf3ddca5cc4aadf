import type { KernelManifest } from "#api/burst-package.ts";
import type { Clock } from "#lib/clock.ts";
import type { MemoOutput } from "#store/burst-jobs.ts";
import type { JobGraph } from "../graph.ts";
import { taskText } from "../task.ts";
import { schedulerLimits } from "./limits.ts";
import { isMemoised } from "./load-job.ts";
import { lookUp, type MemoPorts, type MemoSubject } from "./memo.ts";

/**
 * The tasks of a graph whose results are known now, for an offer. A task is looked up by the hashes of its inputs, so what reads a task that is not kept, such as a very
 * cheap one, is not found here, and may yet be in the job. Tasks of equal depth are asked for together.
 */
export async function rememberedTasks(
  graph: JobGraph,
  of: { readonly projectId: string; readonly manifest: KernelManifest; readonly clock: Clock },
  ports: MemoPorts,
): Promise<ReadonlySet<number>> {
  const { clock, manifest } = of;
  const until = clock.monotonic() + schedulerLimits.offerLookupMs;
  const known = new Map<number, readonly MemoOutput[]>();
  const hashOf = (input: JobGraph["tasks"][number]["inputs"][number]) =>
    "blob" in input ? input.blob : known.get(input.task)?.[input.output]?.blob;
  const inputsOf = (task: number) => graph.tasks[task]?.inputs.map(hashOf) ?? [];
  const subject: MemoSubject = {
    stored: { projectId: of.projectId },
    identity: (task) => {
      const spec = graph.tasks[task];
      const inputs = inputsOf(task).flatMap((hash) => hash ?? []);
      return spec === undefined ? "" : taskText(graph.package, spec, inputs);
    },
    keep: () => true, // an offer keeps nothing
  };
  for (const level of levelsOf(graph)) {
    const asked = level.filter((task) => {
      const spec = graph.tasks[task];
      return spec !== undefined && isMemoised(manifest, spec) && !inputsOf(task).includes(undefined);
    });
    for (let at = 0; at < asked.length; at += schedulerLimits.memoLookups) {
      if (clock.monotonic() > until) return new Set(known.keys());
      const found = await lookUp(subject, asked.slice(at, at + schedulerLimits.memoLookups), ports);
      for (const [task, outputs] of found)
        if (outputs.length === graph.tasks[task]?.outputs) known.set(task, outputs);
    }
  }
  return new Set(known.keys());
}

/** Tasks by the length of the longest chain that leads to them. */
function levelsOf({ tasks }: JobGraph): readonly (readonly number[])[] {
  const depths: number[] = [];
  const levels: number[][] = [];
  for (const [task, { inputs }] of tasks.entries()) {
    let depth = 0;
    for (const input of inputs) if ("task" in input) depth = Math.max(depth, (depths[input.task] ?? 0) + 1);
    depths.push(depth);
    (levels[depth] ??= []).push(task);
  }
  return levels;
}
