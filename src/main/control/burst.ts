import { join } from "node:path";
import type { Attribution } from "#api/actor.ts";
import type { SignedManifest } from "#api/burst-package.ts";
import type { BurstService } from "#server/burst-services.ts";
import { packageFileBytes, wholeBody } from "#burst/scheduler/package-files.ts";
import { Publishers } from "#burst/scheduler/publishers.ts";
import { Scheduler } from "#burst/scheduler/scheduler.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { OpenedBurstMoney } from "./burst-money.ts";
import type { ObjectStoreHere } from "#objects/control/ports.ts";
import { createBurstJobs } from "#store/burst-jobs.ts";
import type { PostgresStore } from "#store/postgres/open.ts";
import { readKernelFolder } from "../kernel-folder.ts";
import { createBlobStore } from "./burst-blobs.ts";
import { openKernelKey } from "./kernel-key.ts";

export interface OpenedBurst {
  readonly scheduler: Scheduler;
  readonly service: BurstService;
  /** Brings the kernels of a folder of this machine into a project, vouched for by the data center itself; answers the package's hash. */
  admitFolder(project: string, folder: string, by: Attribution): Promise<string>;
}

/** Starts the scheduler of jobs; it leads when it gets the lease, and stops with `opening`. */
export async function openBurst(
  options: {
    readonly store: PostgresStore;
    readonly money: Pick<OpenedBurstMoney, "jobs" | "connect">;
    /** Absent where there is no object store. */
    readonly objects: ObjectStoreHere | undefined;
    /** Where the data center's own key is kept; absent: it has none. */
    readonly dataDirectory: string | undefined;
    readonly holder: string;
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
  },
  opening: AsyncDisposableStack,
): Promise<OpenedBurst> {
  const { store, money, objects, dataDirectory, clock, random } = options;
  const jobs = createBurstJobs(store);
  const ownKey =
    dataDirectory === undefined
      ? undefined
      : await openKernelKey(join(dataDirectory, "secrets", "kernel-key"));
  const publishers = new Publishers({ resources: store.resources, jobs, ownKey });
  const blobs = objects === undefined ? undefined : createBlobStore({ store: objects, clock, random });
  const scheduler = new Scheduler({
    ...options,
    money: money.jobs,
    jobs,
    leases: store.leases,
    blobs,
  });
  money.connect({
    graph: async (project, name) => await scheduler.graph(project, name),
    remembered: async (project, graph) => await scheduler.remembered(project, graph),
    fleet: (project) => scheduler.fleet(project),
    startJob: async (job, by) => {
      await scheduler.create({ ...job, mode: "burst", volunteers: false }, by);
    },
  });
  scheduler.start();
  opening.defer(async () => await scheduler.stop());
  const service = serviceOf(scheduler, publishers);
  return {
    scheduler,
    service,
    admitFolder: async (project, folder, by) =>
      await admitFolder(project, folder, { scheduler, service, by }),
  };
}

async function admitFolder(
  project: string,
  folder: string,
  {
    scheduler,
    service,
    by,
  }: { readonly scheduler: Scheduler; readonly service: BurstService; readonly by: Attribution },
): Promise<string> {
  const { text, files } = await readKernelFolder(folder);
  const projectId = await scheduler.projectId(project);
  for (const bytes of files.values()) await scheduler.packages.putFile(projectId, Buffer.from(bytes), by);
  return await service.admit(project, await service.sign(text, by), { mayGoBack: false, by });
}

function serviceOf(scheduler: Scheduler, publishers: Publishers): BurstService {
  const { packages } = scheduler;
  const admit = async (project: string, signed: SignedManifest, mayGoBack: boolean, by: Attribution) => {
    const [projectId, trusted] = await Promise.all([id(project), publishers.trustedIn(project)]);
    return await packages.admit({ project, projectId, signed, trusted, mayGoBack }, by);
  };
  const id = async (project: string) => await scheduler.projectId(project);
  return {
    putGraph: async (project, upload, by) => await scheduler.putGraph(project, upload, by),
    putFile: async (project, upload, by) =>
      await packages.putFile(await id(project), await wholeBody(upload, packageFileBytes), by),
    file: async (project, sha256) => await packages.file(await id(project), sha256),
    admit: async (project, signed, { mayGoBack, by }) => await admit(project, signed, mayGoBack, by),
    sign: async (manifest, by) => await publishers.sign(manifest, by),
    publicKey: () => publishers.publicKey(),
    manifest: async (project, hash) => await packages.manifest(await id(project), hash),
    blobs: async (project, request) => await scheduler.blobs(project, request),
    create: async (request, by) => await scheduler.create(request, by),
    get: async (project, job) => await scheduler.get(project, job),
    list: async (query) => await scheduler.list(query),
    tasks: async (project, job, query) => await scheduler.tasks(project, job, query),
    results: async (project, job) => await scheduler.results(project, job),
    watch: (project, job, signal) => scheduler.watch(project, job, signal),
    cancel: async (project, job, by) => await scheduler.cancel(project, job, by),
    pause: async (project, job, by) => await scheduler.pause(project, job, by),
    resume: async (project, job, by) => await scheduler.resume(project, job, by),
    raiseBound: async (project, job, bound, by) => await scheduler.raiseBound(project, job, bound, by),
    ready: async () => await scheduler.ready(),
    cluster: async (maySee) => {
      await scheduler.ready();
      return scheduler.cluster(maySee);
    },
    watchCluster: (maySee, signal) => scheduler.watchCluster(maySee, signal),
    connect: async (peer, rights) => await scheduler.connect(peer, rights),
    drain: async (worker) => await scheduler.drain(worker),
    release: async (worker, by) => await scheduler.release(worker, by),
  };
}
