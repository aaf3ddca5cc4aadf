import type { JobState } from "./job-state.ts";
import type { WorkerState } from "./worker-state.ts";

/** A task at a worker. There are as many as workers hold, not as many as tasks. */
export interface LeaseRecord {
  readonly number: number;
  readonly job: JobState;
  readonly task: number;
  readonly worker: WorkerState;
  /** `extra`: the task runs elsewhere, or is done, and this is a copy: for speed, as a check, or to decide. */
  readonly extra: boolean;
  /** What the worker was believed to need for it, for the sum of what it holds. */
  readonly expectedMs: number;
  readonly timeMs: number;
  readonly grantedMs: number;
  /** When it began on a worker that is not slow: what is before it in the line comes first. */
  readonly startMs: number;
  /** Later than this only while it progresses. */
  deadlineMs: number;
  /** Later than this never. */
  readonly hardMs: number;
  progress: number;
  /** Whether the worker said that it runs. */
  running: boolean;
  /** Another lease of the same task. */
  next: LeaseRecord | undefined;
}

/** All leases of a task. */
export function* leasesOf(job: JobState, task: number): Generator<LeaseRecord> {
  for (let lease = job.live.get(task); lease !== undefined; lease = lease.next) yield lease;
}
