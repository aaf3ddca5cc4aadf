import type { JobProgress } from "#api/burst.ts";
import type { RouteAnswer } from "#api/route.ts";
import type { FixedRoutes } from "#api/routes.ts";

export type TaskFacts = RouteAnswer<FixedRoutes["job.tasks"]>["items"][number];

/** In this order they are numbered in `TaskStates`. */
export const taskStateNames = ["waiting", "ready", "running", "done", "failed"] as const;
export type TaskStateName = (typeof taskStateNames)[number];
const numberOf = new Map(taskStateNames.map((name, at) => [name, at]));

/** Changes that are kept for those who draw only what changed; who is further behind draws everything. */
const maxChanges = 200_000;

/**
 * What is known of a job's tasks, in flat arrays: 200,000 tasks are a few megabytes, and a change costs nothing but itself. It changes in place;
 * `version` grows with every change.
 */
export class TaskStates {
  version = 0;
  /** Whether a message of the job named any task: one that ended long ago says nothing of them. */
  known = false;
  /** The latest moment that a task told of, in milliseconds after the job began, and the wall time at which it did. */
  newestMs = 0;
  newestAt = 0;
  /** Workers in the order in which they were first seen: a worker keeps its colour. */
  readonly workers: string[] = [];
  readonly #indexOf = new Map<string, number>();
  #state = new Uint8Array();
  /** Index of its worker plus 1; 0 is nobody. */
  #worker = new Uint16Array();
  #attempts = new Uint8Array();
  #startedMs = new Float64Array();
  #endedMs = new Float64Array();
  #changed: number[] = [];
  /** Version after which the first entry of `#changed` was made. */
  #changedFrom = 0;

  /** Room for so many tasks; what is known of them stays. */
  grow(count: number): void {
    if (count <= this.#state.length) return;
    const grown = <T extends Uint8Array | Uint16Array | Float64Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#state = grown(this.#state, new Uint8Array(count));
    this.#worker = grown(this.#worker, new Uint16Array(count));
    this.#attempts = grown(this.#attempts, new Uint8Array(count));
    this.#startedMs = grown(this.#startedMs, new Float64Array(count).fill(Number.NaN));
    this.#endedMs = grown(this.#endedMs, new Float64Array(count).fill(Number.NaN));
    this.#changedAll();
  }

  get count(): number {
    return this.#state.length;
  }

  /** `at` is the wall time, in milliseconds. */
  apply(progress: JobProgress, at: number): void {
    this.grow(progress.job.tasks);
    if (progress.tasks.length > 0) this.known = true;
    for (const { task, state, worker, attempts, startedMs, endedMs } of progress.tasks) {
      if (task >= this.count) continue;
      this.#state[task] = numberOf.get(state) ?? 0;
      if (worker !== undefined) this.#worker[task] = this.#indexOfWorker(worker) + 1;
      this.#attempts[task] = Math.min(attempts, 255);
      if (startedMs !== undefined) this.#startedMs[task] = startedMs;
      this.#endedMs[task] = endedMs ?? Number.NaN;
      const newest = endedMs ?? startedMs ?? 0;
      if (newest > this.newestMs) [this.newestMs, this.newestAt] = [newest, at];
      this.#note(task);
    }
    // The last tasks of a job that succeeded end with it.
    if (progress.job.state === "succeeded") this.#allDone();
  }

  state(task: number): TaskStateName {
    return taskStateNames[this.#state[task] ?? 0] ?? "waiting";
  }

  /** Index into `workers`; undefined when nobody ran it, or nobody saw who. */
  workerOf(task: number): number | undefined {
    const worker = this.#worker[task] ?? 0;
    return worker === 0 ? undefined : worker - 1;
  }

  attempts(task: number): number {
    return this.#attempts[task] ?? 0;
  }

  /** Milliseconds after the job began; NaN when it did not start. */
  startedMs(task: number): number {
    return this.#startedMs[task] ?? Number.NaN;
  }

  endedMs(task: number): number {
    return this.#endedMs[task] ?? Number.NaN;
  }

  /** Tasks that changed since a version; undefined when that is too long ago to say. */
  changedSince(version: number): readonly number[] | undefined {
    return version < this.#changedFrom ? undefined : this.#changed.slice(version - this.#changedFrom);
  }

  #indexOfWorker(name: string): number {
    const known = this.#indexOf.get(name);
    if (known !== undefined) return known;
    this.#indexOf.set(name, this.workers.length);
    return this.workers.push(name) - 1;
  }

  #allDone(): void {
    this.#state.fill(numberOf.get("done") ?? 0);
    this.#changedAll();
  }

  #note(task: number): void {
    if (this.#changed.length >= maxChanges) return this.#changedAll();
    this.version += 1;
    this.#changed.push(task);
  }

  #changedAll(): void {
    this.version += 1;
    this.#changed = [];
    this.#changedFrom = this.version;
  }
}
