import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import { background } from "#lib/background.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { BurstJobs, StoredJob } from "#store/burst-jobs.ts";
import type { StoredQuarantine } from "#store/burst-quarantines.ts";
import type { Fence } from "#store/store.ts";
import type { JobGraph } from "../graph.ts";
import type { Grant } from "../run/grants.ts";
import { taskState, type JobState } from "../run/job-state.ts";
import { leaseText } from "../run/lease-name.ts";
import type { LeaseRecord } from "../run/lease-record.ts";
import { runLimits } from "../run/limits.ts";
import { Run } from "../run/run.ts";
import type { Finding, RunEvents } from "../run/run-events.ts";
import type { WorkerState } from "../run/worker-state.ts";
import type { BlobStore } from "./blob-store.ts";
import { drawnFractions } from "./drawn-fractions.ts";
import { schedulerLimits } from "./limits.ts";
import { LiveJob } from "./live-job.ts";
import { readGraph, readManifest, readOutcomes, runOptions } from "./load-job.ts";
import { lookUp, memoKey, memoOutputs } from "./memo.ts";
import type { JobMoney } from "./money.ts";
import { OutcomeLog } from "./outcome-log.ts";
import { findQuarantine, newQuarantine } from "./quarantines.ts";

/** What a worker's connection takes. */
export interface WorkerEnd {
  granted(grants: readonly Grant[]): void;
  revoked(leases: readonly string[]): void;
  refused(reason: string): void;
  /** This process does not lead any more: the worker finds the one that does. */
  moved(): void;
  drain(): void;
}

export interface LeadingParts {
  readonly jobs: BurstJobs;
  readonly money: JobMoney;
  readonly blobs: BlobStore | undefined;
  readonly fence: Fence;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Another leader has come: this one is of no use any more. */
  readonly lost: () => void;
}

/** All that a process has while it schedules: the run, its jobs, the connections of workers. Thrown away with the leadership. */
export class Leading implements RunEvents {
  readonly parts: LeadingParts;
  readonly run: Run;
  readonly jobs = new Map<string, LiveJob>();
  readonly ends = new Map<number, WorkerEnd>();
  /** By the key of the worker: those of `run.quarantined`, with all that is known of them. */
  readonly quarantines = new Map<string, StoredQuarantine>();
  readonly #outcomes: OutcomeLog;
  #timer: Disposable | undefined;
  #pumping = false;
  #lookingUp = false;
  #stopped = false;
  #rate = { sinceMs: 0, done: 0, perSecond: 0 };

  constructor(parts: LeadingParts) {
    this.parts = parts;
    const { fence, random } = parts;
    this.run = new Run({ epoch: fence.epoch, events: this, fraction: drawnFractions(random) });
    this.#outcomes = new OutcomeLog({
      ...parts,
      ended: (job) => this.#forget(job),
      fenced: () => parts.lost(),
    });
  }

  get now(): number {
    return this.parts.clock.monotonic();
  }

  /** Tasks done in a second, lately. */
  get tasksPerSecond(): number {
    return this.#rate.perSecond;
  }

  /** Takes up what earlier leaders left, then goes on by itself. */
  async start(): Promise<void> {
    for (const quarantine of await this.parts.jobs.quarantines(runLimits.maxQuarantined)) {
      this.quarantines.set(quarantine.key, quarantine);
      this.run.quarantined.set(quarantine.key, quarantine.reason);
    }
    for (const stored of await this.parts.jobs.unfinished(runLimits.maxJobs))
      try {
        await this.load(stored);
      } catch (error) {
        // It stays as it is: a later leader, or an operator, may be luckier with it.
        this.parts.log.error("burst.job.unreadable", { job: stored.id, error });
      }
    this.#tick();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.[Symbol.dispose]();
    this.#outcomes.stop();
    for (const end of this.ends.values()) end.moved();
    this.ends.clear();
  }

  /** Puts a stored job into the run; its graph is read unless it is at hand. */
  async load(stored: StoredJob, read?: JobGraph): Promise<LiveJob> {
    const { jobs, money } = this.parts;
    const [graph, { known, small, next }] = await Promise.all([
      read ?? readGraph(jobs, stored.projectId, stored.graph),
      readOutcomes(jobs, stored.id),
    ]);
    const manifest = await readManifest(jobs, stored.projectId, graph.package);
    const options = runOptions(stored, graph, manifest, money);
    const state = this.run.prepareJob(options, known, this.now);
    const job = new LiveJob(stored, state, { sequence: next, now: this.now, small });
    this.jobs.set(stored.id, job);
    if (stored.state === "paused") this.run.setPaused(state, true, this.now);
    this.run.beginJob(state, stored.cores, this.now);
    this.wake();
    return job;
  }

  /** Ends a job by somebody's wish; resolves when that is a fact for workers. */
  end(job: LiveJob, ending: "cancelled" | "failed", reason: string | undefined): void {
    if (job.ending !== undefined) return;
    job.ending = ending;
    job.reason = reason;
    this.run.removeJob(job.stored.id);
    this.#outcomes.changed(job);
  }

  changed(job: LiveJob): void {
    this.#outcomes.changed(job);
  }

  /** Something may have become possible: grants follow soon, once for all that happens now. */
  wake(): void {
    if (this.#pumping || this.#stopped) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      if (this.#stopped) return;
      // What cannot be written for now must not pile up.
      if (this.#outcomes.waiting < schedulerLimits.waitingOutcomes) this.run.pump(this.now);
      this.#lookUpWaiting();
    });
  }

  granted(worker: WorkerState, grants: readonly Grant[]): void {
    this.ends.get(worker.id)?.granted(grants);
  }

  revoked(worker: WorkerState, leases: readonly LeaseRecord[]): void {
    const { epoch } = this.parts.fence;
    const names = leases.map(({ number, job, task }) =>
      leaseText({ epoch, number, job: job.options.id, task }),
    );
    this.ends.get(worker.id)?.revoked(names);
  }

  accepted(state: JobState, task: number, _charge: bigint, worker: WorkerState | undefined): void {
    const job = this.jobs.get(state.options.id);
    if (job === undefined) return;
    const outputs = state.outputs(task).map(({ blob, bytes }) => {
      const inline = job.small.get(blob);
      return inline === undefined ? ([blob, bytes] as const) : ([blob, bytes, inline] as const);
    });
    const free = worker === undefined && !state.isCharged(task);
    job.outcomes.push([task, outputs, free ? 1 : 0]);
    if (!free && state.options.memo(task)) {
      const key = memoKey(job, task);
      job.memo.set(key.toString("hex"), { key, outputs: memoOutputs(outputs) });
    }
    this.#rate.done += 1;
    this.#outcomes.changed(job, 1);
  }

  reopened(state: JobState, task: number): void {
    const job = this.jobs.get(state.options.id);
    if (job === undefined) return;
    job.outcomes.push([task, null, 0]);
    if (state.options.memo(task)) {
      const key = memoKey(job, task);
      job.memo.delete(key.toString("hex"));
      job.forget.push(key);
    }
    this.#outcomes.changed(job, 1);
  }

  ended(state: JobState, failure: string | undefined): void {
    const job = this.jobs.get(state.options.id);
    if (job === undefined || job.ending !== undefined) return;
    job.ending = failure === undefined ? "succeeded" : "failed";
    job.reason = failure?.slice(0, 2_000);
    this.#outcomes.changed(job);
  }

  paused(state: JobState): void {
    const job = this.jobs.get(state.options.id);
    if (job === undefined) return;
    job.public = "paused";
    job.reason = "its bound is reached: raise it, finish on your own machine, or cancel";
    this.#outcomes.changed(job);
  }

  quarantined(liar: WorkerState, connections: readonly WorkerState[], finding: Finding): void {
    const { log } = this.parts;
    const { reason } = finding;
    log.warn("burst.worker.quarantined", { worker: liar.options.name, reason });
    for (const { id } of connections) this.ends.get(id)?.refused(reason);
    if (!this.run.quarantined.has(liar.options.key)) return; // too many are
    const quarantine = newQuarantine(liar, finding, this.parts);
    this.quarantines.set(quarantine.key, quarantine);
    this.#outcomes.caught(quarantine);
  }

  /** Lets a worker back in: by the id of its quarantine, or its name. Throws `not-found`, and `conflict`. */
  async release(word: string, by: Attribution): Promise<void> {
    const { jobs, fence } = this.parts;
    const quarantine = findQuarantine(this.quarantines.values(), word);
    if (!this.#outcomes.isWritten(quarantine))
      throw new VdcError("unavailable", "The worker was caught this moment: try again.", {
        extra: { retryAfterSeconds: 1 },
      });
    const { id, key, name, project, reason } = quarantine;
    await jobs.transact(by, async (rows, records) => {
      await rows.requireFence(fence);
      await rows.dropQuarantine(id);
      const target = { kind: "worker", name, id, ...(project === undefined ? {} : { project }) };
      records.audit({ verb: "release", target, outcome: "done", detail: { reason } });
    });
    this.quarantines.delete(key);
    this.run.release(key);
  }

  dropped(state: JobState, blob: string): void {
    this.jobs.get(state.options.id)?.drop(blob);
  }

  stalled(state: JobState, waitedMs: number): void {
    const ready = state.total(taskState.ready);
    this.parts.log.warn("burst.job.stalled", { job: state.options.id, ready, waitedMs });
  }

  #forget(job: LiveJob): void {
    this.run.removeJob(job.stored.id);
    this.jobs.delete(job.stored.id);
  }

  #tick(): void {
    if (this.#stopped) return;
    this.run.tick(this.now);
    const elapsedMs = this.now - this.#rate.sinceMs;
    if (elapsedMs >= 1_000) {
      this.#rate = { sinceMs: this.now, done: 0, perSecond: (this.#rate.done * 1_000) / elapsedMs };
    }
    this.#lookUpWaiting();
    this.#timer = this.parts.clock.after(schedulerLimits.tickMs, () => this.#tick());
  }

  #lookUpWaiting(): void {
    if (this.#lookingUp) return;
    const job = [...this.jobs.values()].find(({ state }) => state.lookups.length > 0 && !state.ended);
    if (job === undefined) return;
    this.#lookingUp = true;
    background(this.#lookUp(job), "burst.memo", this.parts.log);
  }

  async #lookUp(job: LiveJob): Promise<void> {
    const { jobs, blobs, log } = this.parts;
    const tasks = job.state.lookups.splice(0, schedulerLimits.memoLookups);
    let found: Awaited<ReturnType<typeof lookUp>> = new Map();
    try {
      found = await lookUp(job, tasks, {
        memo: async (keys) => await jobs.memo(keys),
        has: async (projectId, wanted) => (await blobs?.has(projectId, wanted)) ?? new Set(),
      });
    } catch (error) {
      log.warn("burst.memo.failed", { error }); // then they are made
    } finally {
      this.#lookingUp = false;
    }
    for (const task of tasks) this.run.lookedUp(job.state, task, found.get(task));
    this.wake();
  }
}
