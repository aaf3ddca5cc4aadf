import type { Extras } from "./extras.ts";
import { taskState, type JobState, type OutputRef } from "./job-state.ts";
import { leaseText } from "./lease-name.ts";
import type { LeaseRecord } from "./lease-record.ts";
import { runLimits } from "./limits.ts";
import type { ProjectQueue, ProjectState } from "./project-queue.ts";
import type { TaskStack } from "./task-stack.ts";
import type { WorkerState } from "./worker-state.ts";

/** What a worker is told of a lease, without addresses. */
export interface Grant {
  readonly lease: string;
  readonly job: JobState;
  readonly task: number;
  readonly inputs: readonly OutputRef[];
  readonly timeMs: number;
}

/** Chooses tasks for workers, and keeps account of what is out. */
export class Grants {
  /** Number of the next lease. */
  next = 1;
  readonly #epoch: number;
  readonly #projects: ProjectQueue;
  readonly #extras: Extras;
  readonly #workers: ReadonlyMap<number, WorkerState>;
  #copies = 0;

  constructor(options: {
    readonly epoch: number;
    readonly projects: ProjectQueue;
    readonly extras: Extras;
    readonly workers: ReadonlyMap<number, WorkerState>;
  }) {
    this.#epoch = options.epoch;
    this.#projects = options.projects;
    this.#extras = options.extras;
    this.#workers = options.workers;
  }

  /** As much as the worker wants and may hold. */
  take(worker: WorkerState, now: number): readonly Grant[] {
    const grants: Grant[] = [];
    const choice = { worker, now, grants, uncopied: new Set<JobState>() };
    while (worker.hasRoom(now)) {
      const before = grants.length;
      for (const project of this.#projects.inOrder()) {
        this.#fromProject(project, choice);
        if (grants.length > before) break;
      }
      if (grants.length === before) break;
    }
    return grants;
  }

  /** A quantum of one project. */
  #fromProject(project: ProjectState, choice: Choice): void {
    const { worker, now, grants } = choice;
    const before = grants.length;
    let cost = 0;
    for (const job of project.jobs) {
      if (job.paused || !worker.mayHave(job)) continue;
      for (let tasks = 0; tasks < runLimits.quantumTasks && cost < runLimits.quantumMs; tasks += 1) {
        if (!worker.hasRoom(now)) return;
        if (job.options.mode === "included" && !project.mayUse(now)) break;
        const chosen = this.#choose(job, choice);
        if (chosen === undefined) break;
        grants.push(this.#grant(job, chosen, worker, now));
        const spent = job.graph.specs[chosen.task]?.cost ?? 0;
        cost += spent;
        this.#projects.charge(project, spent);
        if (job.options.mode === "included") project.use(Math.max(spent, runLimits.minTaskMs));
      }
      if (grants.length > before) return;
    }
  }

  #choose(job: JobState, choice: Choice): Chosen | undefined {
    const { worker } = choice;
    if (!choice.uncopied.has(job)) {
      for (const task of this.#extras.wanted(job))
        if (this.#mayCopy(job, task, worker)) return { task, extra: true };
      choice.uncopied.add(job);
    }
    const ready = this.#fromStack(job, job.inner, choice) ?? this.#fromStack(job, job.roots, choice);
    if (ready !== undefined) return { task: ready, extra: false };
    const stragglers = this.#extras.stragglers(job);
    if (stragglers.length === 0 || this.#copies >= this.#maxCopies()) return undefined;
    for (const task of stragglers)
      if (job.state(task) === taskState.running && job.live.get(task)?.next === undefined)
        if (this.#mayCopy(job, task, worker)) return { task, extra: true };
    return undefined;
  }

  /** The newest ready task, or one near it whose inputs the worker has. */
  #fromStack(job: JobState, stack: TaskStack, choice: Choice): number | undefined {
    const { worker } = choice;
    let best = -1;
    let bestScore = -1;
    let fitting = 0;
    for (let depth = 0; depth < Math.min(stack.size, runLimits.scanTasks);) {
      const task = stack.peek(depth);
      if (job.state(task) !== taskState.ready) {
        stack.remove(depth);
        continue;
      }
      if (stack === job.roots && !job.hasRoom(task)) return undefined;
      if (this.#mayRun(job, task, worker)) {
        const score = locality(job, task, worker);
        if (score > bestScore) {
          best = depth;
          bestScore = score;
        }
        fitting += 1;
        if (!worker.holdsAny || fitting >= runLimits.localityTasks) break;
      }
      depth += 1;
    }
    if (best < 0) return undefined;
    const task = stack.peek(best);
    stack.remove(best);
    return task;
  }

  /** Copies at once, of all jobs. */
  #maxCopies(): number {
    let slots = 0;
    for (const one of this.#workers.values()) if (one.connected) slots += one.options.slots;
    return Math.max(1, slots * runLimits.speculateSlots);
  }

  #mayRun(job: JobState, task: number, worker: WorkerState): boolean {
    const spec = job.graph.specs[task];
    if (spec === undefined || spec.memoryBytes > worker.options.memoryBytes) return false;
    if (job.charged + job.committed + job.price(task) > job.bound) return false;
    const history = job.history.get(task);
    if (history === undefined) return true;
    const { key } = worker.options;
    if (history.votes.some((vote) => vote.worker?.options.key === key)) return false;
    if (!history.failedOn.has(key)) return true;
    // It failed here: only when nobody else could have it.
    for (const one of this.#workers.values())
      if (one.mayHave(job) && !history.failedOn.has(one.options.key)) return false;
    return true;
  }

  /** A copy goes to somebody else than made it, makes it, or said something of it already. */
  #mayCopy(job: JobState, task: number, worker: WorkerState): boolean {
    const spec = job.graph.specs[task];
    if (spec === undefined || spec.memoryBytes > worker.options.memoryBytes) return false;
    const { key } = worker.options;
    const state = job.state(task);
    if (state !== taskState.done && state !== taskState.running) return false;
    if (state === taskState.done && this.#workers.get(job.worker[task] ?? 0)?.options.key === key)
      return false;
    const history = job.history.get(task);
    if (history?.votes.some((vote) => vote.worker?.options.key === key) === true) return false;
    if (history?.failedOn.has(key) === true) return false;
    const live = job.live.get(task);
    return live === undefined || (state === taskState.running && live.worker.options.key !== key);
  }

  #grant(job: JobState, { task, extra }: Chosen, worker: WorkerState, now: number): Grant {
    const spec = job.graph.specs[task];
    const cost = spec?.cost ?? 0;
    const expectedMs = worker.expected(cost);
    const timeMs = Math.ceil(Math.max(runLimits.minTimeMs, cost * runLimits.timeFactor * worker.msPerCost));
    const waitMs = worker.heldMs / worker.options.slots;
    const first = job.live.get(task);
    const lease: LeaseRecord = {
      number: this.next,
      job,
      task,
      worker,
      extra,
      expectedMs,
      timeMs,
      grantedMs: now,
      startMs: now + Math.min(waitMs, runLimits.bundleMs),
      deadlineMs: now + waitMs + runLimits.leaseMs,
      hardMs: now + waitMs + runLimits.leaseMs + timeMs * 2,
      progress: 0,
      running: false,
      next: first,
    };
    this.next += 1;
    if (first === undefined && !job.isPaid(task)) job.committed += job.price(task);
    job.live.set(task, lease);
    worker.leases.set(lease.number, lease);
    worker.heldMs += expectedMs;
    worker.wants -= 1;
    if (extra) {
      this.#copies += 1;
      this.#extras.granted(job, task);
    } else {
      job.worker[task] = worker.id;
      job.startedMs[task] = now;
    }
    job.attempts[task] = Math.min(255, (job.attempts[task] ?? 0) + 1);
    job.lastGrantMs = now;
    job.run(task);
    const name = leaseText({ epoch: this.#epoch, number: lease.number, job: job.options.id, task });
    return { lease: name, job, task, inputs: job.inputs(task), timeMs };
  }

  /** Takes a lease off the books. */
  end(lease: LeaseRecord): void {
    const { job, task, worker } = lease;
    if (!worker.leases.delete(lease.number)) return;
    worker.heldMs = worker.leases.size === 0 ? 0 : worker.heldMs - lease.expectedMs;
    if (lease.extra) this.#copies -= 1;
    unlink(job, lease);
    if (job.live.has(task)) return;
    if (!job.isPaid(task)) job.committed -= job.price(task);
    job.unrun(task);
  }

  /** Whether money alone keeps the job from going on. */
  isAtBound(job: JobState): boolean {
    for (const stack of [job.inner, job.roots])
      for (let depth = 0; depth < Math.min(stack.size, runLimits.scanTasks); depth += 1) {
        const task = stack.peek(depth);
        if (job.state(task) === taskState.ready && job.charged + job.price(task) <= job.bound) return false;
      }
    return true;
  }
}

interface Choice {
  readonly worker: WorkerState;
  readonly now: number;
  readonly grants: Grant[];
  /** Jobs of which the worker may make no copy that is wanted: what it is given meanwhile does not change that. */
  readonly uncopied: Set<JobState>;
}

interface Chosen {
  readonly task: number;
  readonly extra: boolean;
}

/** Bytes of the task's inputs that the worker has already. */
function locality(job: JobState, task: number, worker: WorkerState): number {
  if (!worker.holdsAny) return 0;
  const { inputStart, inputs } = job.graph;
  const from = inputStart[task] ?? 0;
  const to = Math.min(inputStart[task + 1] ?? 0, from + runLimits.localityInputs);
  let bytes = 0;
  for (let at = from; at < to; at += 1) {
    const input = job.input(inputs[at] ?? 0);
    if (worker.has(input.blob)) bytes += input.bytes;
  }
  return bytes;
}

function unlink(job: JobState, lease: LeaseRecord): void {
  let one = job.live.get(lease.task);
  if (one === lease) {
    if (lease.next === undefined) job.live.delete(lease.task);
    else job.live.set(lease.task, lease.next);
    return;
  }
  for (; one !== undefined; one = one.next)
    if (one.next === lease) {
      one.next = lease.next;
      return;
    }
}
