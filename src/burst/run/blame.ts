import type { Endings } from "./endings.ts";
import { taskState, type JobState } from "./job-state.ts";
import type { LeaseRecord } from "./lease-record.ts";
import { runLimits } from "./limits.ts";
import type { WorkerResult } from "./run-events.ts";
import type { Verdicts } from "./verdicts.ts";
import type { TaskHistory } from "./votes.ts";
import type { WorkerState } from "./worker-state.ts";

/** Whose fault it is that a task failed, and when it is tried no more. */
export class Blame {
  readonly #endings: Endings;
  readonly #verdicts: Verdicts;
  readonly #workers: ReadonlyMap<number, WorkerState>;

  constructor(parts: {
    readonly endings: Endings;
    readonly verdicts: Verdicts;
    readonly workers: ReadonlyMap<number, WorkerState>;
  }) {
    this.#endings = parts.endings;
    this.#verdicts = parts.verdicts;
    this.#workers = parts.workers;
  }

  failed(
    lease: LeaseRecord,
    { kind, message, blob }: Extract<WorkerResult, { outcome: "failed" }>,
    now: number,
  ): void {
    const { job, task, worker } = lease;
    if (job.ended || job.state(task) === taskState.done) return;
    const stage = job.stage(task);
    if (stage !== undefined) stage.failed += 1;
    if (kind === "worker") {
      worker.fault(now);
      return;
    }
    if (kind === "input" && this.#makeAgain(job, task, blob, worker, now)) return;
    const history = job.historyOf(task);
    history.faults += 1;
    history.failedOn.add(worker.options.key);
    history.message = message;
    this.#poison(job, task, history);
  }

  /** A blob that another task made is lost: that task runs again. False for a blob that the job came with. */
  #makeAgain(
    job: JobState,
    task: number,
    blob: string | undefined,
    worker: WorkerState,
    now: number,
  ): boolean {
    const { inputStart, inputs, slotTask } = job.graph;
    for (let at = inputStart[task] ?? 0; at < (inputStart[task + 1] ?? 0); at += 1) {
      const slot = inputs[at] ?? -1;
      if (job.input(slot).blob !== blob) continue;
      if (slot < 0) return false;
      const producer = slotTask[slot] ?? 0;
      const history = job.historyOf(producer);
      history.reopened += 1;
      if (history.reopened > runLimits.maxReopened)
        this.#endings.fail(
          job,
          `an output of task ${producer} (${job.graph.specs[producer]?.fn}) is lost again and again`,
        );
      else this.#verdicts.reopen(job, producer);
      return true;
    }
    worker.fault(now); // it misses something that it was not given
    return true;
  }

  /** The worker vanished while the task ran. That happens to good tasks, so it takes more to blame one. */
  crashed({ job, task }: LeaseRecord): void {
    if (job.ended || job.state(task) === taskState.done) return;
    const history = job.historyOf(task);
    history.crashes += 1;
    if (history.crashes < runLimits.maxCrashes) return;
    this.#endings.fail(
      job,
      `task ${task} (${job.graph.specs[task]?.fn}): ${history.crashes} workers vanished while they ran it`,
    );
  }

  #poison(job: JobState, task: number, history: TaskHistory): void {
    if (history.faults < runLimits.maxFaults) return;
    const elsewhere = [...this.#workers.values()].some(
      (worker) => worker.mayHave(job) && !history.failedOn.has(worker.options.key),
    );
    if (history.failedOn.size < runLimits.faultWorkers && elsewhere) return;
    this.#endings.fail(job, `task ${task} (${job.graph.specs[task]?.fn}): ${history.message}`);
  }
}
