import type { Attribution } from "#api/actor.ts";
import { systemActor } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import { background } from "#lib/background.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { BurstJobs, BurstRows, MemoOutput, TransactionRecords } from "#store/burst-jobs.ts";
import type { StoredQuarantine } from "#store/burst-quarantines.ts";
import type { Fence } from "#store/store.ts";
import type { BlobStore } from "./blob-store.ts";
import { schedulerLimits } from "./limits.ts";
import type { LiveJob } from "./live-job.ts";
import type { JobMoney } from "./money.ts";

export const schedulerBy: Attribution = { actor: systemActor("burst") };

export interface OutcomeLogParts {
  readonly jobs: BurstJobs;
  readonly money: JobMoney;
  readonly blobs: BlobStore | undefined;
  readonly fence: Fence;
  readonly clock: Clock;
  readonly log: Log;
  /** The job's end is a fact now. */
  readonly ended: (job: LiveJob) => void;
  /** Another leader has come. */
  readonly fenced: () => void;
}

/** What happened in jobs becomes durable in groups: outcomes, progress, charge and end of all jobs in one transaction. One that fails is tried again whole. */
export class OutcomeLog {
  readonly #parts: OutcomeLogParts;
  readonly #changed = new Set<LiveJob>();
  /** Workers that were caught, and no transaction says so yet. */
  readonly #caught = new Set<StoredQuarantine>();
  #waiting = 0;
  #timer: Disposable | undefined;
  #writing = false;
  #stopped = false;

  constructor(parts: OutcomeLogParts) {
    this.#parts = parts;
  }

  /** Outcomes that no transaction has yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** The job has something to write. */
  changed(job: LiveJob, outcomes = 0): void {
    job.dirty = true;
    this.#changed.add(job);
    this.#waiting += outcomes;
    if (this.#waiting >= schedulerLimits.flushOutcomes) this.#begin();
    else this.#timer ??= this.#parts.clock.after(schedulerLimits.flushMs, () => this.#begin());
  }

  /** What follows from it for jobs is written with it. */
  caught(quarantine: StoredQuarantine): void {
    this.#caught.add(quarantine);
    this.#timer ??= this.#parts.clock.after(schedulerLimits.flushMs, () => this.#begin());
  }

  isWritten(quarantine: StoredQuarantine): boolean {
    return !this.#caught.has(quarantine);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.[Symbol.dispose]();
  }

  #begin(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    if (this.#writing || this.#stopped) return;
    this.#writing = true;
    background(this.#write(), "burst.outcomes", this.#parts.log);
  }

  async #write(): Promise<void> {
    const { log, clock, fenced } = this.#parts;
    let wait: number = schedulerLimits.flushMs;
    try {
      const groups = [...this.#changed].map((job) => takeGroup(job));
      this.#changed.clear();
      this.#waiting = 0;
      const caught = [...this.#caught];
      try {
        await this.#commit(groups, caught);
        for (const quarantine of caught) this.#caught.delete(quarantine);
        for (const { job, ending } of groups) if (ending !== undefined) this.#parts.ended(job);
      } catch (error) {
        for (const group of groups) this.#putBack(group);
        if (error instanceof VdcError && error.code === "fenced") {
          this.stop();
          fenced();
        } else log.warn("burst.outcomes.failed", { error });
        wait = schedulerLimits.retryMs;
      }
    } finally {
      this.#writing = false;
    }
    if (this.#changed.size + this.#caught.size === 0 || this.#stopped) return;
    if (this.#waiting >= schedulerLimits.flushOutcomes && wait === schedulerLimits.flushMs) this.#begin();
    else this.#timer ??= clock.after(wait, () => this.#begin());
  }

  async #commit(groups: readonly Group[], caught: readonly StoredQuarantine[]): Promise<void> {
    const { jobs, blobs, fence, clock } = this.#parts;
    const at = isoTime(clock.now());
    const packed = new Map<LiveJob, Buffer>();
    for (const { job, ending, outcomes } of groups)
      if (ending === undefined && outcomes.length > 0) packed.set(job, await jobs.pack(outcomes));
      else if (ending !== undefined)
        await job.saveResults(blobs, async (hash, bytes) => {
          const { projectId } = job.stored;
          await jobs.putFile(schedulerBy, { projectId, kind: "blob", hash, bytes }, at);
        });
    await jobs.transact(schedulerBy, async (rows, records) => {
      await rows.requireFence(fence);
      for (const quarantine of caught) await writeQuarantine(rows, records, quarantine);
      for (const group of groups)
        await this.#writeGroup(rows, records, { ...group, packed: packed.get(group.job) }, at);
    });
  }

  async #writeGroup(
    rows: BurstRows,
    records: TransactionRecords,
    group: Group & { readonly packed: Buffer | undefined },
    at: string,
  ): Promise<void> {
    const { job, ending, charged } = group;
    const { stored } = job;
    await rows.writeJob({
      id: stored.id,
      state: group.state,
      bound: group.bound,
      charged,
      summary: group.summary,
      outcomes: group.packed,
      sequence: group.sequence,
      ...(ending === undefined ? {} : { finishedAt: at }),
    });
    if (group.forget.length > 0) await rows.dropMemo(group.forget);
    if (group.memo.length > 0) await rows.putMemo(group.memo, at);
    if (ending === undefined) return;
    await rows.dropOutcomes(stored.id);
    const { project, id, offer, terms } = stored;
    if (offer !== undefined)
      await this.#parts.money.settle(
        rows.money,
        { project, job: id, offer, terms },
        { state: ending, charged, stages: group.stages },
      );
    records.event({
      type: `job.${ending}`,
      severity: ending === "failed" ? "warning" : "info",
      project,
      subject: { kind: "job", project, name: id },
      message: `The job ${stored.title} ${ending === "cancelled" ? "was cancelled" : ending}${job.reason === undefined ? "" : `: ${job.reason}`}.`,
      actor: schedulerBy.actor,
    });
  }

  #putBack({ job, outcomes, memo, forget }: Group): void {
    job.outcomes = [...outcomes, ...job.outcomes];
    job.sequence -= outcomes.length > 0 ? 1 : 0;
    for (const line of memo) {
      const key = line.key.toString("hex");
      if (!job.memo.has(key)) job.memo.set(key, line);
    }
    job.forget = [...forget, ...job.forget];
    this.#waiting += outcomes.length;
    this.#changed.add(job);
  }
}

async function writeQuarantine(
  rows: BurstRows,
  records: TransactionRecords,
  quarantine: StoredQuarantine,
): Promise<void> {
  await rows.putQuarantine(quarantine);
  const { id, name, project, reason, job, task, by } = quarantine;
  records.event({
    type: "worker.quarantined",
    severity: "warning",
    ...(project === undefined ? {} : { project }),
    subject: { kind: "worker", name, ...(project === undefined ? {} : { project }) },
    message: `The worker ${name} is in quarantine: ${reason}, ${by.join(" and ")}, for task ${task} of ${job}.`,
    actor: schedulerBy.actor,
    details: { quarantine: id, job, task, by: [...by] },
  });
}

/** What is written of one job, as it was when the transaction began. */
interface Group {
  readonly job: LiveJob;
  readonly state: LiveJob["public"];
  readonly ending: LiveJob["ending"];
  readonly bound: bigint;
  readonly charged: bigint;
  readonly summary: ReturnType<LiveJob["summary"]>;
  readonly stages: ReturnType<typeof invoiceStages>;
  readonly outcomes: LiveJob["outcomes"];
  readonly sequence: number;
  readonly memo: readonly { readonly key: Buffer; readonly outputs: readonly MemoOutput[] }[];
  readonly forget: readonly Buffer[];
}

function takeGroup(job: LiveJob): Group {
  const { state, outcomes, ending, forget } = job;
  const memo = [...job.memo.values()];
  job.outcomes = [];
  job.memo = new Map();
  job.forget = [];
  job.dirty = false;
  const sequence = job.sequence;
  if (outcomes.length > 0) job.sequence += 1;
  const { bound, charged } = state;
  const stages = ending === undefined ? [] : invoiceStages(job);
  const summary = job.summary();
  return {
    job,
    state: ending ?? job.public,
    ending,
    bound,
    charged,
    summary,
    stages,
    outcomes,
    sequence,
    memo,
    forget,
  };
}

/** Lines of the invoice: what was paid for, by stage. */
function invoiceStages({ state }: LiveJob) {
  const lines = state.graph.stages.map((stage) => ({ stage, tasks: 0, cost: 0, amount: 0n }));
  state.graph.specs.forEach((spec, task) => {
    const line = lines[state.graph.stageOf[task] ?? 0];
    if (line === undefined || !state.isCharged(task)) return;
    line.tasks += 1;
    line.cost += spec.cost;
    line.amount += state.options.price(task);
  });
  return lines.filter((line) => line.tasks > 0);
}
