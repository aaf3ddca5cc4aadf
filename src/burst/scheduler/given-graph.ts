import { hash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { jobGraphSchema } from "#api/burst-graph.ts";
import { VdcError } from "#api/errors.ts";
import { parseInput } from "#api/validate.ts";
import type { BurstJobs } from "#store/burst-jobs.ts";
import { graphFault, type JobGraph } from "../graph.ts";
import { schedulerLimits } from "./limits.ts";
import { readManifest } from "./load-job.ts";

const unzip = promisify(gunzip);

/** A graph that somebody sent: unpacked, checked, and named. Throws `invalid` with what is wrong. */
export async function readGivenGraph(gzip: Buffer): Promise<{ name: string; graph: JobGraph; cost: number }> {
  const text = await unzipped(gzip);
  const graph = parseGraph(text);
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

function parseGraph(text: Buffer): JobGraph {
  let json: unknown;
  try {
    json = JSON.parse(text.toString("utf8"));
  } catch (cause) {
    throw new VdcError("invalid", "The graph is not JSON.", { cause });
  }
  return parseInput(jobGraphSchema, json, "The graph");
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
