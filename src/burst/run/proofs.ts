import type { Extras } from "./extras.ts";
import { taskState, type JobState } from "./job-state.ts";
import { runLimits } from "./limits.ts";
import type { WorkerState } from "./worker-state.ts";

/**
 * Who was checked in which job. A job is believed when one result of each worker that contributed was made again elsewhere and was the same: whoever lies from its first task
 * on is found in the smallest job.
 */
export class Proofs {
  readonly #extras: Extras;
  readonly #workers: ReadonlyMap<number, WorkerState>;
  readonly #asked = new Map<JobState, Set<string>>();
  readonly #passed = new Map<JobState, Set<string>>();

  constructor(parts: { readonly extras: Extras; readonly workers: ReadonlyMap<number, WorkerState> }) {
    this.#extras = parts.extras;
    this.#workers = parts.workers;
  }

  /** A result was accepted. Answers whether it is the worker's first of this job, and is checked for that. */
  isFirst(job: JobState, task: number, worker: WorkerState): boolean {
    const { key } = worker.options;
    if (!addTo(this.#asked, job, key)) return false;
    this.#extras.prove(job, task);
    return true;
  }

  /** A result of the worker was made by another one, too. */
  passed(job: JobState, worker: WorkerState): void {
    addTo(this.#passed, job, worker.options.key);
  }

  /** Whether a check is missing that somebody could make; it is asked for then, of the cheapest task of the worker. */
  isMissing(job: JobState, now: number): boolean {
    const cheapest = new Map<string, number>();
    for (let task = 0; task < job.count; task += 1) {
      const maker = this.#workers.get(job.worker[task] ?? 0);
      if (maker === undefined || job.state(task) !== taskState.done) continue;
      const { key } = maker.options;
      if (this.#passed.get(job)?.has(key) === true) continue;
      const known = cheapest.get(key);
      if (known === undefined || costOf(job, task) < costOf(job, known)) cheapest.set(key, task);
    }
    let isMissing = false;
    for (const [key, task] of cheapest) {
      if (!this.#hasOther(job, key, task, now)) continue;
      isMissing = true;
      if (!job.live.has(task)) this.#extras.prove(job, task);
    }
    return isMissing;
  }

  forget(job: JobState): void {
    this.#asked.delete(job);
    this.#passed.delete(job);
  }

  /** Somebody else who can be waited for. */
  #hasOther(job: JobState, key: string, task: number, now: number): boolean {
    const memory = job.graph.specs[task]?.memoryBytes ?? 0;
    for (const worker of this.#workers.values()) {
      const { options } = worker;
      if (options.key === key || !worker.mayHave(job) || !worker.takesSoon(now)) continue;
      const isAble = options.memoryBytes >= memory;
      if (isAble && worker.expected(costOf(job, task)) * 2 <= runLimits.proofWaitMs) return true;
    }
    return false;
  }
}

function costOf(job: JobState, task: number): number {
  return job.graph.specs[task]?.cost ?? 0;
}

/** False when it is there already. */
function addTo(sets: Map<JobState, Set<string>>, job: JobState, key: string): boolean {
  const keys = sets.get(job) ?? new Set<string>();
  if (keys.has(key)) return false;
  sets.set(job, keys.add(key));
  return true;
}
