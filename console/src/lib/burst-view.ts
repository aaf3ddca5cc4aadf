import type { Cluster, Job, LedgerEntry, Offer, WorkerView } from "#api/burst.ts";
import { referenceGigahertz } from "#api/burst.ts";

/** States of burst as shape and word. The tones are those of `kit/state.tsx`. */
interface Words {
  readonly tone: "good" | "warn" | "bad" | "rest" | "busy";
  readonly text: string;
}

const jobStates: Readonly<Record<Job["state"], Words>> = {
  running: { tone: "busy", text: "Running" },
  paused: { tone: "warn", text: "Paused" },
  cancelling: { tone: "warn", text: "Being cancelled" },
  succeeded: { tone: "good", text: "Succeeded" },
  failed: { tone: "bad", text: "Failed" },
  cancelled: { tone: "rest", text: "Cancelled" },
};

export function jobState(state: Job["state"]): Words {
  return jobStates[state];
}

export function hasEnded(job: Pick<Job, "state">): boolean {
  return job.state === "succeeded" || job.state === "failed" || job.state === "cancelled";
}

const workerStates: Readonly<Record<WorkerView["state"], Words>> = {
  working: { tone: "busy", text: "Working" },
  idle: { tone: "good", text: "Ready" },
  silent: { tone: "warn", text: "Silent" },
  draining: { tone: "warn", text: "Draining" },
  quarantined: { tone: "bad", text: "In quarantine" },
};

export function workerState(state: WorkerView["state"]): Words {
  return workerStates[state];
}

/** What a state means where the scheduler gives no reason. */
export const workerMeans: Readonly<Partial<Record<WorkerView["state"], string>>> = {
  silent: "Nothing was heard of it for several heartbeats; what it ran goes to others.",
  draining: "It takes nothing new, and leaves when what it runs has ended.",
  quarantined: "It gave wrong results; they are checked again, and it gets no work.",
};

export const trustWords: Readonly<
  Record<WorkerView["trust"], { readonly text: string; readonly means: string }>
> = {
  own: { text: "own", means: "A machine of a project’s members; works for that project alone" },
  pool: { text: "pool", means: "A machine of the operator; works for all projects" },
  volunteer: { text: "volunteer", means: "A machine of a stranger: two equal results are needed" },
};

export const kindWords: Readonly<Record<WorkerView["kind"], string>> = {
  threads: "Threads of the data center’s machine",
  agent: "A machine that joined",
  browser: "An open page",
};

const pressures: Readonly<Record<WorkerView["pressure"], Words>> = {
  nominal: { tone: "good", text: "calm" },
  fair: { tone: "good", text: "busy" },
  serious: { tone: "warn", text: "under pressure" },
  critical: { tone: "bad", text: "overloaded" },
};

export function pressureWords(pressure: WorkerView["pressure"]): Words {
  return pressures[pressure];
}

/** Of the aggregate core, what works now. */
export function gigahertzInUse(workers: Cluster["workers"]): number {
  return workers.reduce((sum, { running, slots, speed }) => {
    return sum + Math.min(running, slots) * speed * referenceGigahertz;
  }, 0);
}

export function jobPercent(job: Pick<Job, "tasks" | "done">): number {
  return job.tasks === 0 ? 100 : (job.done / job.tasks) * 100;
}

const offerStates: Readonly<Record<Offer["state"], Words>> = {
  open: { tone: "busy", text: "Open" },
  accepted: { tone: "good", text: "Accepted" },
  expired: { tone: "rest", text: "Expired" },
  settled: { tone: "good", text: "Settled" },
};

export function offerState(state: Offer["state"]): Words {
  return offerStates[state];
}

export const entryWords: Readonly<Record<LedgerEntry["kind"], string>> = {
  hold: "Reserved",
  post: "Charged",
  void: "Returned",
  refund: "Refunded",
  payment: "Paid",
};

/** Share of a budget in percent, exact to a thousandth; above 100 when it is passed. */
export function shareOf(amount: string, whole: string): number {
  const total = BigInt(whole);
  return total === 0n ? (BigInt(amount) > 0n ? 100 : 0) : Number((BigInt(amount) * 100_000n) / total) / 1000;
}
