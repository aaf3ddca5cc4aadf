import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { kernelManifestSchema, signedManifestSchema, type KernelManifest } from "#api/burst-package.ts";
import { VdcError } from "#api/errors.ts";
import type { BurstJobs, StoredJob } from "#store/burst-jobs.ts";
import type { JobGraph, TaskSpec } from "../graph.ts";
import { compileGraph } from "../run/compiled-graph.ts";
import type { JobOptions, OutputRef } from "../run/job-state.ts";
import { schedulerLimits } from "./limits.ts";
import type { JobMoney } from "./money.ts";

const unzip = promisify(gunzip);

/** A graph that was stored. Throws `not-found`. */
export async function readGraph(jobs: BurstJobs, projectId: string, hash: string): Promise<JobGraph> {
  const gzip = await jobs.graph(projectId, hash);
  if (gzip === undefined)
    throw new VdcError("not-found", "There is no such graph in this project: send it first.");
  const text = await unzip(gzip, { maxOutputLength: schedulerLimits.graphBytes });
  return JSON.parse(text.toString("utf8")) as JobGraph; // `readGivenGraph` checked it before it was stored
}

/** The manifest of an admitted package. Throws `not-found`. */
export async function readManifest(
  jobs: BurstJobs,
  projectId: string,
  hash: string,
): Promise<KernelManifest> {
  const stored = await jobs.file({ projectId, kind: "manifest", hash });
  if (stored === undefined)
    throw new VdcError("not-found", "The graph's package was not admitted in this project.");
  const signed = signedManifestSchema.parse(JSON.parse(stored.toString("utf8")));
  return kernelManifestSchema.parse(JSON.parse(signed.manifest));
}

/** What the run has to know of a job. */
export function runOptions(
  stored: StoredJob,
  graph: JobGraph,
  manifest: KernelManifest,
  money: Pick<JobMoney, "price">,
): JobOptions {
  const compiled = compileGraph(graph);
  const price = stored.offer === undefined ? () => 0n : money.price(stored.terms);
  const specs = compiled.specs;
  return {
    id: stored.id,
    project: stored.project,
    graph: compiled,
    mode: stored.mode,
    priority: stored.priority,
    level: manifest.level,
    volunteers: stored.volunteers,
    bound: stored.bound,
    price: (task) => {
      const spec = specs[task];
      return spec === undefined ? 0n : price(spec);
    },
    memo: (task) => {
      const spec = specs[task];
      return spec !== undefined && isMemoised(manifest, spec);
    },
  };
}

/** Whether results of the task are kept, and looked up before it runs. */
export function isMemoised(manifest: KernelManifest, { fn: name, cost }: TaskSpec): boolean {
  if (cost < schedulerLimits.memoCost) return false;
  const fn = Object.hasOwn(manifest.functions, name) ? manifest.functions[name] : undefined;
  return fn !== undefined && fn.deterministic && fn.memo;
}

export interface KnownOutcomes {
  readonly known: readonly {
    readonly task: number;
    readonly outputs: readonly OutputRef[];
    readonly free: boolean;
  }[];
  readonly small: Map<string, string>;
  readonly next: number;
}

/** What earlier leaders wrote of a job: of each task the last line. */
export async function readOutcomes(jobs: BurstJobs, job: string): Promise<KnownOutcomes> {
  const { outcomes, next } = await jobs.outcomes(job);
  const last = new Map(outcomes.map((outcome) => [outcome[0], outcome]));
  const small = new Map<string, string>();
  const known = [...last.values()].flatMap(([task, outputs, free]) => {
    if (outputs === null) return [];
    for (const [blob, , inline] of outputs) if (inline !== undefined) small.set(blob, inline);
    return [{ task, outputs: outputs.map(([blob, bytes]) => ({ blob, bytes })), free: free === 1 }];
  });
  return { known, small, next };
}
