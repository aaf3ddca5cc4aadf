import { assert } from "#lib/assert.ts";
import { Blame } from "./blame.ts";
import { Endings } from "./endings.ts";
import { Extras } from "./extras.ts";
import { Grants } from "./grants.ts";
import { JobState, taskState, type JobOptions, type OutputRef } from "./job-state.ts";
import { readLease } from "./lease-name.ts";
import type { LeaseRecord } from "./lease-record.ts";
import { runLimits } from "./limits.ts";
import { ProjectQueue } from "./project-queue.ts";
import { Proofs } from "./proofs.ts";
import type { RunEvents, WorkerResult } from "./run-events.ts";
import { Verdicts } from "./verdicts.ts";
import { voteKey } from "./votes.ts";
import { WorkerState, type Pressure, type WorkerOptions } from "./worker-state.ts";

export interface RunOptions {
  readonly epoch: number;
  readonly events: RunEvents;
  /** Uniform in [0, 1): which results are made twice. */
  readonly fraction: () => number;
  /** One of so many results of a worker that is believed is made again elsewhere. */
  readonly spotCheck?: number;
  /** A job whose tasks are all done waits so long for checks that run. */
  readonly endWaitMs?: number;
}

/**
 * The centre of scheduling: jobs, workers, and who gets what. It opens nothing and reads no clock: each call brings the monotonic time in milliseconds, and
 * what follows goes to `events`. The scheduler of a data center and a page alone run the same one.
 *
 * Invariants: `charged + committed ≤ bound` for each job. A task is charged once. A job ends as succeeded only when each of its tasks has a result that nobody disputes.
 */
export class Run {
  readonly jobs = new Map<string, JobState>();
  readonly workers = new Map<number, WorkerState>();
  readonly projects = new ProjectQueue();
  readonly quarantined = new Map<string, string>();
  /** Results that were not wanted: too late, twice, or for nothing. */
  ignored = 0;
  readonly #options: RunOptions;
  readonly #events: RunEvents;
  readonly #grants: Grants;
  readonly #extras = new Extras();
  readonly #endings: Endings;
  readonly #proofs: Proofs;
  readonly #verdicts: Verdicts;
  readonly #blame: Blame;
  #lastWorker = 0;
  #now = 0;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#events = options.events;
    const { events } = options;
    const extras = this.#extras;
    const { jobs, workers, projects, quarantined } = this;
    const grants = new Grants({ epoch: options.epoch, projects, extras, workers });
    const waitMs = options.endWaitMs ?? runLimits.endWaitMs;
    const proofs = new Proofs({ extras, workers });
    const endings = new Endings({ events, extras, grants, proofs, waitMs });
    const spotCheck = options.spotCheck ?? runLimits.spotCheck;
    const { fraction } = options;
    const shared = { events, extras, grants, endings, proofs, jobs, workers, quarantined };
    const verdicts = new Verdicts({ ...shared, fraction, spotCheck });
    this.#grants = grants;
    this.#endings = endings;
    this.#proofs = proofs;
    this.#verdicts = verdicts;
    this.#blame = new Blame({ endings, verdicts, workers });
  }

  /** Makes a job; `known` are its tasks that were done before, in any order. Nothing happens to it before `beginJob`. */
  prepareJob(
    options: JobOptions,
    known: Iterable<{
      readonly task: number;
      readonly outputs: readonly OutputRef[];
      readonly free: boolean;
    }>,
    now: number,
  ): JobState {
    assert(this.jobs.size < runLimits.maxJobs, "a run has no more jobs than it can hold");
    const job = new JobState(options);
    for (const { task, outputs, free } of known) job.finish(task, outputs, { free });
    job.lastGrantMs = now;
    job.begin();
    return job;
  }

  /** Takes a job. `cores` is what the project's plan includes. */
  beginJob(job: JobState, cores: number, now: number): void {
    this.#now = now;
    this.jobs.set(job.options.id, job);
    this.projects.add(job, cores, now);
    this.#endings.endIfDone(job, now);
  }

  /** The job ended, or is not wanted any more: its leases are taken back at once. */
  removeJob(id: string): void {
    const job = this.jobs.get(id);
    if (job === undefined) return;
    job.ended = true;
    this.#endings.revokeAll(job);
    this.jobs.delete(id);
    this.projects.remove(job);
    this.#extras.forget(job);
    this.#proofs.forget(job);
  }

  /** Undefined, with why, for one in quarantine. */
  join(options: WorkerOptions, now: number): WorkerState | string {
    const reason = this.quarantined.get(options.key);
    if (reason !== undefined) return reason;
    if (this.workers.size >= runLimits.maxWorkers && !this.#forgetDeparted())
      return `${runLimits.maxWorkers} workers are here already`;
    this.#lastWorker += 1;
    const worker = new WorkerState(this.#lastWorker, options, now);
    this.workers.set(worker.id, worker);
    return worker;
  }

  /** The connection ended. Of what it held only what ran may be at fault for that. */
  leave(worker: WorkerState, now: number): void {
    if (!worker.connected) return;
    worker.connected = false;
    worker.wants = 0;
    const told = [...worker.leases.values()].some(({ running }) => running);
    let guessed = told ? 0 : worker.options.slots;
    for (const lease of worker.leases.values()) {
      const ran = lease.running || guessed > 0;
      guessed -= 1;
      this.#end(lease);
      if (ran) this.#blame.crashed(lease);
    }
    this.pump(now);
  }

  want(worker: WorkerState, leases: number): void {
    worker.wants = leases;
  }

  heartbeat(
    worker: WorkerState,
    running: readonly { readonly lease: string; readonly progress: number }[],
    pressure: Pressure,
    now: number,
  ): void {
    worker.heardMs = now;
    worker.pressure = pressure;
    let moved = false;
    for (const { lease: text, progress } of running) {
      const lease = this.#leaseOf(worker, text);
      if (lease === undefined) continue;
      lease.running = true;
      if (progress <= lease.progress) continue;
      lease.progress = progress;
      lease.deadlineMs = Math.min(now + runLimits.leaseMs, lease.hardMs);
      moved = true;
    }
    if (!moved) return;
    // What waits in the worker's line progresses by what is before it.
    for (const lease of worker.leases.values())
      if (!lease.running) lease.deadlineMs = Math.min(now + runLimits.leaseMs, lease.hardMs);
  }

  results(worker: WorkerState, results: readonly WorkerResult[], now: number): void {
    worker.heardMs = now;
    worker.soughtMs = now;
    this.#now = now;
    for (const result of results) this.#result(worker, result, now);
  }

  /** Nobody's fault. */
  giveBack(worker: WorkerState, leases: readonly string[], now: number): void {
    worker.heardMs = now;
    for (const text of leases) {
      const lease = this.#leaseOf(worker, text);
      if (lease !== undefined) this.#end(lease);
    }
  }

  drain(worker: WorkerState): void {
    worker.draining = true;
    worker.wants = 0;
  }

  /** Gives out what can be given out now. */
  pump(now: number): void {
    for (const worker of this.workers.values()) {
      if (!worker.hasRoom(now)) continue;
      const grants = this.#grants.take(worker, now);
      if (grants.length > 0) this.#events.granted(worker, grants);
    }
    for (const job of this.jobs.values()) this.#pauseAtBound(job);
  }

  /** Ends what is over its time, looks for stragglers, and tells of jobs that stand still. Ten times a second. */
  tick(now: number): void {
    this.#now = now;
    for (const worker of this.workers.values()) {
      if (worker.wants > 0 || worker.leases.size > 0) worker.soughtMs = now;
      const silent = worker.leases.size > 0 && worker.isSilent(now);
      const late = [...worker.leases.values()].filter((lease) => silent || now > lease.deadlineMs);
      if (late.length === 0) continue;
      for (const lease of late) this.#end(lease);
      worker.fault(now);
      if (worker.connected) this.#events.revoked(worker, late);
    }
    this.#extras.findStragglers(this.jobs.values(), now);
    for (const job of this.jobs.values()) {
      this.#endDisputes(job, now);
      this.#endings.endIfDone(job, this.#now);
      const waits = job.total(taskState.ready) > 0 && !job.paused && !job.ended;
      if (!waits || now - job.lastGrantMs <= runLimits.stalledMs) continue;
      this.#events.stalled(job, now - job.lastGrantMs);
      job.lastGrantMs = now;
    }
    this.pump(now);
  }

  /** What a look-up gave for a task of `lookups`; undefined when nothing is known. */
  lookedUp(job: JobState, task: number, outputs: readonly OutputRef[] | undefined): void {
    if (job.ended || job.state(task) !== taskState.looking) return;
    if (outputs === undefined || outputs.length !== job.graph.specs[task]?.outputs) job.unknown(task);
    else {
      const vote = { worker: undefined, key: voteKey(outputs), outputs, enough: true };
      this.#verdicts.accept(job, task, vote, { free: true });
    }
  }

  setPaused(job: JobState, paused: boolean, now: number): void {
    job.paused = paused;
    job.lastGrantMs = now;
  }

  /** Ends a quarantine. */
  release(key: string): boolean {
    return this.quarantined.delete(key);
  }

  #result(worker: WorkerState, result: WorkerResult, now: number): void {
    const lease = this.#leaseOf(worker, result.lease);
    if (lease !== undefined) {
      this.#end(lease);
      if (result.outcome === "failed") this.#blame.failed(lease, result, now);
      else this.#done(lease.job, lease.task, worker, result, now);
      return;
    }
    const name = readLease(result.lease);
    const job = this.jobs.get(name?.job ?? "");
    if (
      name === undefined ||
      job === undefined ||
      result.outcome === "failed" ||
      !this.#takesLate(worker, job, name)
    )
      this.ignored += 1;
    else this.#done(job, name.task, worker, result, now);
  }

  /**
   * A result whose lease ended. Only of workers that are believed anyway, and only for inputs that are what they were: under an earlier leader only the job's own blobs are
   * known to be.
   */
  #takesLate(
    worker: WorkerState,
    job: JobState,
    { epoch, number, task }: { readonly epoch: number; readonly number: number; readonly task: number },
  ): boolean {
    if (!worker.mayHave(job) || worker.options.trust === "volunteer" || task >= job.count) return false;
    if (job.state(task) === taskState.done) return false;
    if (!job.live.has(task) && job.charged + job.committed + job.price(task) > job.bound) return false;
    if (epoch !== this.#options.epoch) return epoch < this.#options.epoch && job.isRoot(task);
    return number < this.#grants.next && number >= (job.fence[task] ?? 0) && (job.attempts[task] ?? 0) > 0;
  }

  /** The lease that a worker means, if it has it. */
  #leaseOf(worker: WorkerState, text: string): LeaseRecord | undefined {
    const name = readLease(text);
    const lease = worker.leases.get(name?.number ?? -1);
    const same =
      name?.epoch === this.#options.epoch && lease?.job.options.id === name.job && lease.task === name.task;
    return same ? lease : undefined;
  }

  #done(
    job: JobState,
    task: number,
    worker: WorkerState,
    { outputs, elapsedMs }: Extract<WorkerResult, { outcome: "done" }>,
    now: number,
  ): void {
    if (job.ended) return;
    const spec = job.graph.specs[task];
    if (worker.quarantine !== undefined || outputs.length !== spec?.outputs) {
      worker.fault(now);
      return;
    }
    worker.faults = 0;
    worker.done += 1;
    worker.measured(elapsedMs, spec.cost);
    job.stage(task)?.add(elapsedMs, spec.cost);
    job.endedMs[task] = now;
    for (const { blob } of outputs) worker.hold(blob);
    const vote = { worker, key: voteKey(outputs), outputs, enough: this.#verdicts.isBelieved(worker) };
    if (job.state(task) === taskState.done) this.#verdicts.compare(job, task, vote, now);
    else this.#verdicts.consider(job, task, vote, now);
    this.#endings.endIfDone(job, this.#now);
  }

  #endDisputes(job: JobState, now: number): void {
    if (job.ended) return;
    for (const [task, { disputedMs }] of job.history)
      if (disputedMs !== undefined && now - disputedMs > runLimits.disputeMs)
        this.#endings.fail(
          job,
          `two workers gave different bytes for task ${task}, and no other was there to decide`,
        );
  }

  #pauseAtBound(job: JobState): void {
    if (job.paused || job.ended || job.live.size > 0 || job.total(taskState.ready) === 0) return;
    if (!this.#grants.isAtBound(job)) return;
    job.paused = true;
    this.#events.paused(job);
  }

  /** The lease is over; the task is free again when it was the last one. */
  #end(lease: LeaseRecord): void {
    this.#grants.end(lease);
  }

  /** Room for a worker: the one that left first, and made nothing that is in doubt, is forgotten. */
  #forgetDeparted(): boolean {
    for (const { id, connected, unchecked } of this.workers.values())
      if (!connected && unchecked.every(({ job }) => job.ended)) return this.workers.delete(id);
    return false;
  }
}
