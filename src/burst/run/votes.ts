import type { OutputRef } from "./job-state.ts";
import { runLimits } from "./limits.ts";
import type { WorkerState } from "./worker-state.ts";

/** One worker's result of a task. `worker` is absent for what was accepted before this leader came. */
export interface Vote {
  readonly worker: WorkerState | undefined;
  readonly key: string;
  readonly outputs: readonly OutputRef[];
  /** Whether it is believed alone, while nothing speaks against it. */
  readonly enough: boolean;
}

/** What is kept of a task that failed, or that several workers made. */
export interface TaskHistory {
  /** Workers on which it failed by its own fault. */
  readonly failedOn: Set<string>;
  faults: number;
  crashes: number;
  reopened: number;
  message: string;
  votes: Vote[];
  /** Since when its results differ. */
  disputedMs: number | undefined;
}

export function newHistory(): TaskHistory {
  return {
    failedOn: new Set(),
    faults: 0,
    crashes: 0,
    reopened: 0,
    message: "",
    votes: [],
    disputedMs: undefined,
  };
}

/** Equal for equal bytes in equal order. */
export function voteKey(outputs: readonly OutputRef[]): string {
  return outputs.map(({ blob }) => blob).join();
}

export type Verdict =
  | { readonly type: "accepted"; readonly vote: Vote; readonly liars: readonly Vote[] }
  /** Another worker has to make it, too. */
  | { readonly type: "open"; readonly disputed: boolean }
  | { readonly type: "hopeless" };

/**
 * What the results so far say. While all agree, one of a believed worker is enough, or `quorum` of volunteers; once two differ, the one that most have in common wins,
 * if at least two do, and nobody is believed for being trusted.
 */
export function judge(votes: readonly Vote[]): Verdict {
  const counts = new Map<string, Vote[]>();
  for (const vote of votes) {
    const same = counts.get(vote.key);
    if (same === undefined) counts.set(vote.key, [vote]);
    else same.push(vote);
  }
  const [most = [], second = []] = [...counts.values()].toSorted((a, b) => b.length - a.length);
  const [first] = most;
  if (first === undefined) return { type: "open", disputed: false };
  if (counts.size === 1) {
    const enough = most.some((vote) => vote.enough) || most.length >= runLimits.quorum;
    return enough ? { type: "accepted", vote: first, liars: [] } : { type: "open", disputed: false };
  }
  if (most.length >= runLimits.quorum && most.length > second.length)
    return { type: "accepted", vote: first, liars: votes.filter((vote) => vote.key !== first.key) };
  return votes.length >= runLimits.maxVotes ? { type: "hopeless" } : { type: "open", disputed: true };
}
