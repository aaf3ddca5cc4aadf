import { graphLimits, type InputRef, type JobGraph } from "#api/burst-graph.ts";

export type { BlobRef, InputRef, JobGraph, TaskSpec } from "#api/burst-graph.ts";

/**
 * What is wrong with a graph that has the right shape, in words; undefined when nothing is. After it every input of a task is a blob, or an output that an earlier
 * task has.
 */
export function graphFault(graph: JobGraph): string | undefined {
  const stages = new Set<string>();
  for (const [number, task] of graph.tasks.entries()) {
    stages.add(task.stage);
    for (const input of task.inputs) {
      const fault = refFault(graph, input, number);
      if (fault !== undefined) return `task ${number} (${task.fn}): ${fault}`;
    }
  }
  if (stages.size > graphLimits.maxStages)
    return `it has ${stages.size} stages; at most ${graphLimits.maxStages}`;
  for (const result of graph.results) {
    const fault = refFault(graph, result.from, graph.tasks.length);
    if (fault !== undefined) return `result ${result.name}: ${fault}`;
  }
  return undefined;
}

function refFault(graph: JobGraph, input: InputRef, before: number): string | undefined {
  if ("blob" in input) return undefined;
  if (input.task >= before) return `it reads task ${input.task}, which is no earlier one`;
  const { outputs } = graph.tasks[input.task] ?? { outputs: 0 };
  return input.output < outputs ? undefined : `task ${input.task} has no output ${input.output}`;
}
