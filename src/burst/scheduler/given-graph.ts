import { hash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { z } from "zod";
import { graphLimits, jobGraphSchema, taskSpecSchema } from "#api/burst-graph.ts";
import { VdcError } from "#api/errors.ts";
import { parseInput } from "#api/validate.ts";
import type { Clock } from "#lib/clock.ts";
import type { BurstJobs } from "#store/burst-jobs.ts";
import { graphFault, type JobGraph, type TaskSpec } from "../graph.ts";
import { schedulerLimits } from "./limits.ts";
import { readManifest } from "./load-job.ts";

const unzip = promisify(gunzip);
/** A graph whose tasks are checked one by one. */
const outlineSchema = jobGraphSchema.extend({ tasks: z.array(z.unknown()).max(graphLimits.maxTasks) });

/** A graph that somebody sent: unpacked, checked, and named. Throws `invalid` with what is wrong. */
export async function readGivenGraph(
  gzip: Buffer,
  clock: Pick<Clock, "monotonic" | "sleep">,
): Promise<{ name: string; graph: JobGraph; cost: number }> {
  const text = await unzipped(gzip);
  const graph = await parseGraph(text, clock);
  const fault = graphFault(graph);
  if (fault !== undefined) throw new VdcError("invalid", `The graph is not valid: ${fault}.`);
  return { name: hash("sha256", text), graph, cost: costOf(graph) };
}

async function unzipped(gzip: Buffer): Promise<Buffer> {
  try {
    return await unzip(gzip, { maxOutputLength: schedulerLimits.graphBytes });
  } catch (cause) {
    throw new VdcError("invalid", "The graph is not gzip, or too large when unpacked.", { cause });
  }
}

/** In slices: a large graph takes longer than others may be made to wait. */
async function parseGraph(text: Buffer, clock: Pick<Clock, "monotonic" | "sleep">): Promise<JobGraph> {
  let json: unknown;
  try {
    json = JSON.parse(text.toString("utf8"));
  } catch (cause) {
    throw new VdcError("invalid", "The graph is not JSON.", { cause });
  }
  const outline = parseInput(outlineSchema, json, "The graph");
  const tasks: TaskSpec[] = [];
  let beganMs = clock.monotonic();
  for (const [number, task] of outline.tasks.entries()) {
    tasks.push(parseInput(taskSpecSchema, task, "The graph", `tasks[${number}]`));
    if (clock.monotonic() - beganMs < schedulerLimits.sliceMs) continue;
    await clock.sleep(0);
    beganMs = clock.monotonic();
  }
  return { ...outline, tasks };
}

function costOf(graph: JobGraph): number {
  return graph.tasks.reduce((sum, task) => sum + task.cost, 0);
}

/** Every function that a task calls is one of the package's, within its memory. */
export async function requireFunctions(jobs: BurstJobs, projectId: string, graph: JobGraph): Promise<void> {
  const { functions } = await readManifest(jobs, projectId, graph.package);
  for (const [number, { fn }] of graph.tasks.entries())
    if (!Object.hasOwn(functions, fn))
      throw new VdcError("invalid", `Task ${number} calls ${fn}, which the package does not have.`);
}
