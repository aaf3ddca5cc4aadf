import { referenceGigahertz, type Cluster, type Job, type JobProgress, type WorkerView } from "#api/burst.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { JobSummary, StoredJob } from "#store/burst-jobs.ts";
import { taskState, type JobState } from "../run/job-state.ts";
import type { WorkerState } from "../run/worker-state.ts";
import type { Leading } from "./leading.ts";
import type { LiveJob } from "./live-job.ts";
import { quarantineView } from "./quarantines.ts";
import { workerId } from "./worker-session.ts";

const stateNames = ["waiting", "waiting", "ready", "running", "done"] as const;

/** A job as the API gives it: live where this process has it, as it was written otherwise. */
export function jobView(stored: StoredJob, held: LiveJob | undefined, now: number): Job {
  // What is written as ended has ended, also while the scheduler still holds it.
  const live = stored.finishedAt === undefined ? held : undefined;
  const summary: JobSummary = live?.summary() ?? stored;
  const charged = live?.state.charged ?? stored.charged;
  const bound = live?.state.bound ?? stored.bound;
  const remaining = live === undefined ? undefined : remainingSeconds(live, now);
  const { reason } = summary;
  return {
    id: stored.id,
    project: stored.project,
    title: stored.title,
    ...(stored.app === undefined ? {} : { app: stored.app }),
    package: stored.package,
    mode: stored.mode,
    ...(stored.offer === undefined ? {} : { offer: stored.offer }),
    // What ended, but is not written yet, may still turn out otherwise.
    state: live === undefined ? stored.state : live.ending === "cancelled" ? "cancelling" : live.public,
    ...(reason === undefined ? {} : { reason }),
    priority: stored.priority,
    tasks: summary.tasks,
    done: summary.done,
    remembered: summary.remembered,
    stages: summary.stages,
    charged: charged.toString(),
    bound: bound.toString(),
    currency: stored.currency,
    ...(remaining === undefined ? {} : { remainingSeconds: remaining }),
    createdAt: stored.createdAt,
    createdBy: stored.createdBy,
    ...(stored.finishedAt === undefined ? {} : { finishedAt: stored.finishedAt }),
    results: live === undefined ? summary.results : [],
  };
}

/** By what was done since this leader had the job; undefined before it was anything. */
function remainingSeconds({ state, beganMs, doneAtStart }: LiveJob, now: number): number | undefined {
  const done = state.total(taskState.done);
  if (done <= doneAtStart || now <= beganMs) return undefined;
  return ((state.count - done) * (now - beganMs)) / (done - doneAtStart) / 1_000;
}

/** Tasks whose state changed after `since`; all when it is negative. */
export function changedTasks(
  job: LiveJob,
  since: number,
  workers: ReadonlyMap<number, WorkerState>,
): JobProgress["tasks"] {
  const { state, beganMs } = job;
  const tasks: JobProgress["tasks"] = [];
  for (let task = 0; task < state.count; task += 1)
    if ((state.stamp[task] ?? 0) > since) tasks.push(taskView(state, task, beganMs, workers));
  return tasks;
}

function taskView(
  state: JobState,
  task: number,
  beganMs: number,
  workers: ReadonlyMap<number, WorkerState>,
): JobProgress["tasks"][number] {
  const worker = workers.get(state.worker[task] ?? 0);
  const started = state.startedMs[task] ?? 0;
  const ended = state.endedMs[task] ?? 0;
  return {
    task,
    state: stateNames[state.state(task)],
    ...(worker === undefined ? {} : { worker: worker.options.name }),
    attempts: state.attempts[task] ?? 0,
    ...(started === 0 ? {} : { startedMs: Math.max(0, started - beganMs) }),
    ...(ended === 0 ? {} : { endedMs: Math.max(0, ended - beganMs) }),
  };
}

/** The workers that `maySee` lets through, those in quarantine among them, and what waits for them. */
export function clusterView(
  leading: Leading,
  clock: Clock,
  maySee: (project: string | undefined) => boolean,
): Cluster {
  const now = clock.monotonic();
  const connected = [...leading.run.workers.values()].filter(
    (worker) => worker.connected && worker.quarantine === undefined && maySee(worker.options.project),
  );
  const working = connected.map((worker) => workerView(worker, clock, now));
  const caught = [...leading.quarantines.values()].filter(({ project }) => maySee(project));
  const workers = [...working, ...caught.map(quarantineView)];
  const jobs = [...leading.jobs.values()].filter(({ stored }) => maySee(stored.project));
  return {
    workers,
    slots: working.reduce((sum, worker) => sum + worker.slots, 0),
    gigahertz: working.reduce((sum, worker) => sum + worker.gigahertz, 0),
    running: jobs.reduce((sum, { state }) => sum + state.total(taskState.running), 0),
    ready: jobs.reduce((sum, { state }) => sum + state.total(taskState.ready), 0),
    tasksPerSecond: leading.tasksPerSecond,
  };
}

function workerView(worker: WorkerState, clock: Clock, now: number): WorkerView {
  const { options } = worker;
  const { name, kind, trust, project, slots, speed, memoryBytes } = options;
  const busy = worker.leases.size > 0 ? "working" : "idle";
  const state = worker.isSilent(now) ? "silent" : worker.draining ? "draining" : busy;
  return {
    id: workerId(worker),
    name,
    kind,
    trust,
    ...(project === undefined ? {} : { project }),
    state,
    slots,
    running: worker.leases.size,
    done: worker.done,
    speed,
    gigahertz: slots * speed * referenceGigahertz,
    memoryBytes,
    levels: [...options.levels],
    pressure: worker.pressure,
    connectedAt: isoTime(clock.now() - (now - worker.connectedMs)),
  };
}
