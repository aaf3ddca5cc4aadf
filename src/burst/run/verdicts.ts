import type { Endings } from "./endings.ts";
import type { Extras } from "./extras.ts";
import type { Grants } from "./grants.ts";
import { taskState, type JobState } from "./job-state.ts";
import { leasesOf } from "./lease-record.ts";
import { runLimits } from "./limits.ts";
import type { Proofs } from "./proofs.ts";
import type { Finding, RunEvents } from "./run-events.ts";
import { judge, voteKey, type TaskHistory, type Vote } from "./votes.ts";
import type { WorkerState } from "./worker-state.ts";

export interface VerdictParts {
  readonly events: RunEvents;
  readonly extras: Extras;
  readonly grants: Grants;
  readonly endings: Endings;
  readonly proofs: Proofs;
  readonly jobs: ReadonlyMap<string, JobState>;
  readonly workers: ReadonlyMap<number, WorkerState>;
  /** Reasons, by the worker's key. */
  readonly quarantined: Map<string, string>;
  readonly fraction: () => number;
  readonly spotCheck: number;
}

/** Which results are believed, and what follows when one turns out to be wrong. */
export class Verdicts {
  readonly #events: RunEvents;
  readonly #extras: Extras;
  readonly #grants: Grants;
  readonly #endings: Endings;
  readonly #proofs: Proofs;
  readonly #jobs: ReadonlyMap<string, JobState>;
  readonly #workers: ReadonlyMap<number, WorkerState>;
  readonly #quarantined: Map<string, string>;
  readonly #fraction: () => number;
  readonly #spotCheck: number;

  constructor(parts: VerdictParts) {
    this.#events = parts.events;
    this.#extras = parts.extras;
    this.#grants = parts.grants;
    this.#endings = parts.endings;
    this.#proofs = parts.proofs;
    this.#jobs = parts.jobs;
    this.#workers = parts.workers;
    this.#quarantined = parts.quarantined;
    this.#fraction = parts.fraction;
    this.#spotCheck = parts.spotCheck;
  }

  /** A first result, or one more of a task that is not done. */
  consider(job: JobState, task: number, vote: Vote, now: number): void {
    const known = job.history.get(task)?.votes ?? [];
    if (known.length === 0 && vote.enough) {
      this.accept(job, task, vote, {});
      return;
    }
    const history = job.historyOf(task);
    if (history.votes.some((other) => isOfSame(other, vote.worker))) return;
    history.votes.push(vote);
    this.#settle(job, task, history, now);
  }

  /** A result of a task that is done: a check, a copy that came second, or a late one. */
  compare(job: JobState, task: number, vote: Vote, now: number): void {
    const accepted = job.outputs(task);
    const maker = this.#workers.get(job.worker[task] ?? 0);
    if (maker !== undefined && isOfSame(vote, maker)) return;
    const history = job.history.get(task);
    if (history?.disputedMs === undefined && voteKey(accepted) === vote.key) {
      // Whoever made it again has shown nothing of what it made itself.
      if (maker !== undefined) this.#confirm(maker, job, task);
      return;
    }
    const disputed = history ?? job.historyOf(task);
    if (disputed.disputedMs === undefined)
      disputed.votes = [{ worker: maker, key: voteKey(accepted), outputs: accepted, enough: true }];
    if (disputed.votes.some((other) => isOfSame(other, vote.worker))) return;
    disputed.votes.push(vote);
    this.#settle(job, task, disputed, now);
  }

  #settle(job: JobState, task: number, history: TaskHistory, now: number): void {
    const verdict = judge(history.votes);
    if (verdict.type === "hopeless") {
      this.#endings.fail(job, `task ${task} (${job.graph.specs[task]?.fn}) gives other bytes each time`);
      return;
    }
    if (verdict.type === "open") {
      if (verdict.disputed) history.disputedMs ??= now;
      if (job.state(task) === taskState.done) this.#extras.judge(job, task);
      return;
    }
    const right = history.votes.filter(({ key }) => key === verdict.vote.key);
    history.votes = [];
    history.disputedMs = undefined;
    this.#extras.drop(job, task);
    for (const { worker } of right) if (worker !== undefined) this.#confirm(worker, job, task);
    if (job.state(task) !== taskState.done || voteKey(job.outputs(task)) !== verdict.vote.key)
      this.accept(job, task, verdict.vote, { confirmed: right.length > 1 });
    const by = right.flatMap(({ worker }) => worker ?? []);
    const finding = { reason: "it gave other bytes than two others", job, task, by };
    for (const { worker } of verdict.liars) if (worker !== undefined) this.#quarantine(worker, finding, now);
  }

  /** Whether one result of this worker is enough: BOINC's adaptive replication for volunteers. */
  isBelieved(worker: WorkerState): boolean {
    if (worker.options.trust !== "volunteer") return true;
    return worker.valid >= runLimits.adaptiveAfter && this.#fraction() < 1 - 1 / worker.valid;
  }

  /** What it made up to this task is believed from now on; not what came after, for it may have begun to lie. */
  #confirm(worker: WorkerState, job: JobState, task: number): void {
    worker.valid += 1;
    this.#proofs.passed(job, worker);
    const at = worker.unchecked.findIndex((one) => one.job === job && one.task === task);
    worker.unchecked.splice(0, at + 1);
  }

  accept(
    job: JobState,
    task: number,
    { worker, outputs, key }: Vote,
    how: { readonly free?: boolean; readonly confirmed?: boolean },
  ): void {
    const hadOther = job.isPaid(task) && voteKey(job.outputs(task)) !== key;
    this.#endings.revoke([...leasesOf(job, task)]);
    job.worker[task] = worker?.id ?? 0;
    const charge = job.finish(task, outputs, how.free === true ? { free: true } : {});
    this.#events.accepted(job, task, charge, worker);
    if (hadOther) this.#redoReaders(job, task);
    const isChecked = worker !== undefined && how.confirmed !== true && this.#remember(worker, job, task);
    // Whoever makes it again needs what it read.
    if (!isChecked) for (const blob of job.unread(task)) this.#events.dropped(job, blob);
  }

  /** Keeps in mind what may have to be made again; its first result of a job, and later ones at times, are made twice at once. Answers whether this one is. */
  #remember(worker: WorkerState, job: JobState, task: number): boolean {
    if (worker.unchecked.length < runLimits.maxUnchecked) worker.unchecked.push({ job, task });
    if (this.#proofs.isFirst(job, task, worker)) return true;
    return this.#fraction() < 1 / this.#spotCheck && this.#extras.check(job, task);
  }

  /** The bytes of a task changed: whatever read the others is made again. */
  #redoReaders(job: JobState, task: number): void {
    job.eachDependent(task, (dependent) => {
      job.fence[dependent] = this.#grants.next;
      const history = job.history.get(dependent);
      if (history !== undefined) history.votes = [];
      this.#endings.revoke([...leasesOf(job, dependent)]);
      this.reopen(job, dependent);
    });
  }

  reopen(job: JobState, task: number): void {
    if (job.state(task) !== taskState.done) return;
    this.#extras.drop(job, task);
    const history = job.history.get(task);
    if (history !== undefined) history.disputedMs = undefined;
    job.doneMs = undefined;
    job.reopen(task);
    this.#events.reopened(job, task);
  }

  /** Of all its connections, also those that are over: whoever lies may come back before it is found. */
  #quarantine(liar: WorkerState, finding: Finding, now: number): void {
    const { key } = liar.options;
    const { reason } = finding;
    if (liar.quarantine !== undefined) return;
    if (this.#quarantined.size < runLimits.maxQuarantined) this.#quarantined.set(key, reason);
    const same = [...this.#workers.values()].filter(
      ({ options, quarantine }) => options.key === key && quarantine === undefined,
    );
    for (const worker of same) worker.quarantine = reason;
    for (const worker of same) {
      for (const lease of worker.leases.values()) this.#grants.end(lease);
      const doubtful = worker.unchecked;
      worker.unchecked = [];
      for (const { job, task } of doubtful)
        if (!job.ended && job.worker[task] === worker.id) this.reopen(job, task);
    }
    this.#events.quarantined(
      liar,
      same.filter(({ connected }) => connected),
      finding,
    );
    // Its word does not count where others are still asked, either.
    for (const job of this.#jobs.values())
      for (const [task, history] of job.history) {
        const votes = history.votes.filter((vote) => !isOfSame(vote, liar));
        if (votes.length === history.votes.length) continue;
        history.votes = votes;
        if (votes.length > 0) this.#settle(job, task, history, now);
      }
  }
}

function isOfSame(vote: Vote, worker: WorkerState | undefined): boolean {
  return worker !== undefined && vote.worker?.options.key === worker.options.key;
}
