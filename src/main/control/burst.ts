import type { BurstService } from "#server/burst-services.ts";
import { packageFileBytes, wholeBody } from "#burst/scheduler/package-files.ts";
import { Scheduler } from "#burst/scheduler/scheduler.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { OpenedBurstMoney } from "./burst-money.ts";
import type { ObjectStoreHere } from "#objects/control/ports.ts";
import { createBurstJobs } from "#store/burst-jobs.ts";
import type { PostgresStore } from "#store/postgres/open.ts";
import { createBlobStore } from "./burst-blobs.ts";

export interface OpenedBurst {
  readonly scheduler: Scheduler;
  readonly service: BurstService;
}

/** Starts the scheduler of jobs; it leads when it gets the lease, and stops with `opening`. */
export function openBurst(
  options: {
    readonly store: PostgresStore;
    readonly money: Pick<OpenedBurstMoney, "jobs" | "connect">;
    /** Absent where there is no object store. */
    readonly objects: ObjectStoreHere | undefined;
    readonly holder: string;
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
  },
  opening: AsyncDisposableStack,
): OpenedBurst {
  const { store, money, objects, clock, random } = options;
  const blobs = objects === undefined ? undefined : createBlobStore({ store: objects, clock, random });
  const scheduler = new Scheduler({
    ...options,
    money: money.jobs,
    jobs: createBurstJobs(store),
    leases: store.leases,
    blobs,
  });
  money.connect({
    graph: async (project, name) => await scheduler.graph(project, name),
    fleet: (project) => scheduler.fleet(project),
    startJob: async (job, by) => {
      await scheduler.create({ ...job, mode: "burst", volunteers: false }, by);
    },
  });
  scheduler.start();
  opening.defer(async () => await scheduler.stop());
  return { scheduler, service: serviceOf(scheduler) };
}

function serviceOf(scheduler: Scheduler): BurstService {
  const { packages } = scheduler;
  const id = async (project: string) => await scheduler.projectId(project);
  return {
    putGraph: async (project, upload, by) => await scheduler.putGraph(project, upload, by),
    putFile: async (project, upload, by) =>
      await packages.putFile(await id(project), await wholeBody(upload, packageFileBytes), by),
    file: async (project, sha256) => await packages.file(await id(project), sha256),
    admit: async (project, signed, by) => await packages.admit(await id(project), signed, by),
    manifest: async (project, hash) => await packages.manifest(await id(project), hash),
    blobs: async (project, request) => await scheduler.blobs(project, request),
    create: async (request, by) => await scheduler.create(request, by),
    get: async (project, job) => await scheduler.get(project, job),
    list: async (query) => await scheduler.list(query),
    tasks: async (project, job, query) => await scheduler.tasks(project, job, query),
    watch: (project, job, signal) => scheduler.watch(project, job, signal),
    cancel: async (project, job, by) => await scheduler.cancel(project, job, by),
    pause: async (project, job, by) => await scheduler.pause(project, job, by),
    resume: async (project, job, by) => await scheduler.resume(project, job, by),
    raiseBound: async (project, job, bound, by) => await scheduler.raiseBound(project, job, bound, by),
    cluster: (maySee) => scheduler.cluster(maySee),
    watchCluster: (maySee, signal) => scheduler.watchCluster(maySee, signal),
    connect: async (peer, rights) => await scheduler.connect(peer, rights),
    drain: (worker) => scheduler.drain(worker),
    release: (worker) => scheduler.release(worker),
  };
}
