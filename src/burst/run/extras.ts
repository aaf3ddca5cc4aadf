import { taskState, type JobState } from "./job-state.ts";
import { runLimits } from "./limits.ts";

/** Copies that are wanted of tasks: to decide a dispute, as a spot check, or because one takes too long. */
export class Extras {
  readonly #judges = new Map<JobState, Set<number>>();
  readonly #checks = new Map<JobState, Set<number>>();
  readonly #stragglers = new Map<JobState, number[]>();

  /** Wanted until the dispute is decided. */
  judge(job: JobState, task: number): void {
    add(this.#judges, job, task);
  }

  /** Wanted once; false when it is not made. When too many wait, as they do where there is one worker only, this one is not made. */
  check(job: JobState, task: number): boolean {
    if ((this.#checks.get(job)?.size ?? 0) >= runLimits.waitingChecks) return false;
    add(this.#checks, job, task);
    return true;
  }

  /** Wanted once, however many wait: there are no more of these than workers. */
  prove(job: JobState, task: number): void {
    add(this.#checks, job, task);
  }

  drop(job: JobState, task: number): void {
    this.#judges.get(job)?.delete(task);
    this.#checks.get(job)?.delete(task);
  }

  forget(job: JobState): void {
    this.#judges.delete(job);
    this.#checks.delete(job);
    this.#stragglers.delete(job);
  }

  isDisputed(job: JobState): boolean {
    return (this.#judges.get(job)?.size ?? 0) > 0;
  }

  /** Tasks that somebody should make once more, the urgent ones first. */
  *wanted(job: JobState): Generator<number> {
    yield* this.#judges.get(job) ?? [];
    yield* this.#checks.get(job) ?? [];
  }

  granted(job: JobState, task: number): void {
    this.#checks.get(job)?.delete(task);
  }

  stragglers(job: JobState): readonly number[] {
    return this.#stragglers.get(job) ?? [];
  }

  /** Of stages that are nearly done: what takes longer than the others did. */
  findStragglers(jobs: Iterable<JobState>, now: number): void {
    this.#stragglers.clear();
    for (const job of jobs) {
      const slow: number[] = [];
      for (const lease of job.live.values()) {
        if (lease.extra || lease.next !== undefined || job.state(lease.task) !== taskState.running) continue;
        const stage = job.graph.stageOf[lease.task] ?? 0;
        const done = job.total(taskState.done, stage);
        const median = job.stages[stage]?.median();
        if (median === undefined || done < job.stageTasks(stage) * runLimits.speculateDone) continue;
        const cost = Math.max(job.graph.specs[lease.task]?.cost ?? 0, 1);
        const patience = Math.max(runLimits.speculateFactor * median * cost, runLimits.speculateMinMs);
        if (now - lease.startMs > patience) slow.push(lease.task);
      }
      if (slow.length > 0) this.#stragglers.set(job, slow);
    }
  }
}

function add(sets: Map<JobState, Set<number>>, job: JobState, task: number): void {
  const tasks = sets.get(job);
  if (tasks === undefined) sets.set(job, new Set([task]));
  else tasks.add(task);
}
