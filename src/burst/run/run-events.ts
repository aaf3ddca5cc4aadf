import type { Grant } from "./grants.ts";
import type { JobState, OutputRef } from "./job-state.ts";
import type { LeaseRecord } from "./lease-record.ts";
import type { WorkerState } from "./worker-state.ts";

/** What a worker says of a lease. */
export type WorkerResult =
  | {
      readonly lease: string;
      readonly outcome: "done";
      readonly outputs: readonly OutputRef[];
      readonly elapsedMs: number;
    }
  | {
      readonly lease: string;
      readonly outcome: "failed";
      readonly kind: "trap" | "time" | "memory" | "input" | "worker";
      readonly message: string;
      readonly blob?: string | undefined;
    };

/** How a worker was caught. */
export interface Finding {
  readonly reason: string;
  readonly job: JobState;
  readonly task: number;
  /** Whose results agreed. */
  readonly by: readonly WorkerState[];
}

/** What follows from what was said: told in the order in which it happened, never from inside another of these. */
export interface RunEvents {
  granted(worker: WorkerState, grants: readonly Grant[]): void;
  revoked(worker: WorkerState, leases: readonly LeaseRecord[]): void;
  /** A task is done, or done anew with other bytes. `charge` is part of the job's `charged` from now on. */
  accepted(job: JobState, task: number, charge: bigint, worker: WorkerState | undefined): void;
  /** What was accepted for the task is not believed any more. */
  reopened(job: JobState, task: number): void;
  ended(job: JobState, failure: string | undefined): void;
  /** It stands still because its bound is reached. */
  paused(job: JobState): void;
  /** Whoever has the liar's key is refused from now on: once for each key, with its connections that are still open. */
  quarantined(liar: WorkerState, connections: readonly WorkerState[], finding: Finding): void;
  /** Nobody reads the blob any more. */
  dropped(job: JobState, blob: string): void;
  /** Tasks are ready, and for long nobody took one. */
  stalled(job: JobState, waitedMs: number): void;
}
