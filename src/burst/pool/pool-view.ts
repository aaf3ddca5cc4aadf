import type { WorkerState } from "../run/worker-state.ts";
import type { Leading } from "../scheduler/leading.ts";
import type { LiveJob } from "../scheduler/live-job.ts";
import type { PoolWorkers, WaitingWork } from "./plan-pool.ts";

/** A pool is an app whose instances join under their own names. */
export interface PoolName {
  readonly project: string;
  readonly instances: ReadonlySet<string>;
}

export interface PoolView {
  readonly work: readonly WaitingWork[];
  readonly workers: PoolWorkers;
  /** Instances that have tasks. */
  readonly busy: ReadonlySet<string>;
}

/** What the leader knows of a pool. Until one of its workers has joined, it is taken for one core that works for its project's kernels of WebAssembly. */
export function poolView(leading: Leading, { project, instances }: PoolName): PoolView {
  const workers = [...leading.run.workers.values()].filter(
    ({ connected, options }) =>
      connected &&
      options.kind === "agent" &&
      instances.has(options.name) &&
      (options.project === undefined || options.project === project),
  );
  const mayHave = ({ state }: LiveJob): boolean =>
    workers.length === 0
      ? state.options.project === project && state.options.level === "wasm"
      : workers.some((worker) => worker.mayHave(state));
  const memoryBytes = Math.max(...workers.map(({ options }) => options.memoryBytes), 0) || Infinity;
  const jobs = [...leading.jobs.values()].filter(
    (job) => !job.state.ended && !job.state.paused && mayHave(job),
  );
  return {
    work: waitingWork(jobs, memoryBytes, leading),
    workers: {
      slots: mean(workers, ({ options }) => options.slots),
      msPerCost: mean(workers, ({ msPerCost }) => msPerCost),
    },
    busy: new Set(workers.filter(({ leases }) => leases.size > 0).map(({ options }) => options.name)),
  };
}

/** Jobs within a plan share its cores; what is paid for has no such bound, and waits for money as a paused job does. */
function waitingWork(
  jobs: readonly LiveJob[],
  memoryBytes: number,
  { run }: Leading,
): readonly WaitingWork[] {
  const paid: WaitingWork[] = [];
  const included = new Map<string, WaitingWork>();
  for (const job of jobs) {
    const { mode, project } = job.state.options;
    const left = job.left(memoryBytes);
    if (mode === "burst") {
      paid.push(left);
      continue;
    }
    const sum = included.get(project) ?? { coreSeconds: 0, tasks: 0 };
    included.set(project, {
      coreSeconds: sum.coreSeconds + left.coreSeconds,
      tasks: sum.tasks + left.tasks,
      cores: run.projects.get(project)?.cores ?? 0,
    });
  }
  return [...paid, ...included.values()];
}

function mean(workers: readonly WorkerState[], of: (worker: WorkerState) => number): number {
  return workers.length === 0 ? 1 : workers.reduce((sum, worker) => sum + of(worker), 0) / workers.length;
}
