import { hash } from "node:crypto";
import type { MemoOutput } from "#store/burst-jobs.ts";
import { schedulerLimits } from "./limits.ts";
import type { LiveJob } from "./live-job.ts";

/** A job, or what may become one. */
export type MemoSubject = Pick<LiveJob, "identity" | "keep"> & {
  readonly stored: Pick<LiveJob["stored"], "projectId">;
};

/** The memo's key of a task whose inputs are known: its identity, salted with the project, so that nobody learns what others computed. */
export function memoKey(job: MemoSubject, task: number): Buffer {
  return hash("sha256", `${job.stored.projectId}\n${job.identity(task)}`, "buffer");
}

export interface MemoPorts {
  readonly memo: (keys: readonly Buffer[]) => Promise<ReadonlyMap<string, readonly MemoOutput[]>>;
  /** Which of these blobs are still there. */
  readonly has: (projectId: string, blobs: readonly string[]) => Promise<ReadonlySet<string>>;
}

/** What is known already of so many tasks: outputs by task. A line whose blobs have gone is worth nothing. */
export async function lookUp(
  job: MemoSubject,
  tasks: readonly number[],
  { memo, has }: MemoPorts,
): Promise<ReadonlyMap<number, readonly MemoOutput[]>> {
  const keys = tasks.map((task) => ({ task, key: memoKey(job, task) }));
  const lines = await memo(keys.map(({ key }) => key));
  const found = new Map<number, readonly MemoOutput[]>();
  for (const { task, key } of keys) {
    const outputs = lines.get(key.toString("hex"));
    if (outputs !== undefined) found.set(task, outputs);
  }
  if (found.size === 0) return found;
  const large = [...found.values()].flat().filter(({ inline }) => inline === undefined);
  const blobs = new Set(large.map(({ blob }) => blob));
  const there = blobs.size === 0 ? blobs : await has(job.stored.projectId, [...blobs]);
  const isThere = ({ blob, inline }: MemoOutput) =>
    inline === undefined ? there.has(blob) : job.keep(blob, inline);
  return new Map([...found].filter(([, outputs]) => outputs.every(isThere)));
}

/** Outputs as the memo keeps them: very small ones whole, for they lie nowhere else. */
export function memoOutputs(
  outputs: readonly (readonly [blob: string, bytes: number, inline?: string])[],
): readonly MemoOutput[] {
  return outputs.map(([blob, bytes, inline]) =>
    inline === undefined || inline.length > schedulerLimits.memoInline
      ? { blob, bytes }
      : { blob, bytes, inline },
  );
}
