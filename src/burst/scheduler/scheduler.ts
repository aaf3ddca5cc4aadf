import type { Attribution } from "#api/actor.ts";
import type { Cluster, Job, JobProgress, JobResult } from "#api/burst.ts";
import { VdcError } from "#api/errors.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { BurstJobs, StoredJob } from "#store/burst-jobs.ts";
import type { LeaseStore } from "#store/store.ts";
import type { JobGraph } from "../graph.ts";
import { poolView, type PoolName, type PoolView } from "../pool/pool-view.ts";
import { runLimits } from "../run/limits.ts";
import { blobAddresses, type BlobRequest } from "./blob-addresses.ts";
import { requireBlobs, type BlobStore } from "./blob-store.ts";
import { readGivenGraph, requireFunctions } from "./given-graph.ts";
import type { Leading } from "./leading.ts";
import { Leadership } from "./leadership.ts";
import { schedulerLimits } from "./limits.ts";
import type { LiveJob } from "./live-job.ts";
import { readGraph, readManifest } from "./load-job.ts";
import type { JobMoney } from "./money.ts";
import { PackageFiles, wholeBody } from "./package-files.ts";
import { rememberedTasks } from "./remembered.ts";
import { changedTasks, clusterView, jobView } from "./views.ts";
import { workerId, WorkerSession, type WorkerPeer, type WorkerRights } from "./worker-session.ts";

export interface SchedulerOptions {
  readonly jobs: BurstJobs;
  readonly leases: LeaseStore;
  readonly money: JobMoney;
  readonly blobs: BlobStore | undefined;
  readonly holder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly leaseMs?: number;
}

/** What is wanted of a new job. */
export interface JobRequest {
  readonly project: string;
  readonly title: string;
  readonly graph: string;
  readonly app?: string | undefined;
  readonly mode: Job["mode"];
  readonly offer?: string | undefined;
  readonly quoteHash?: string | undefined;
  readonly bound?: bigint | undefined;
  readonly priority: number;
  readonly volunteers: boolean;
}

/** Jobs of this data center: one of its control processes leads, and all answer what is written. */
export class Scheduler {
  readonly packages: PackageFiles;
  readonly #options: SchedulerOptions;
  readonly #leadership: Leadership;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.packages = new PackageFiles(options);
    this.#leadership = new Leadership(options);
  }

  start(): void {
    this.#leadership.start();
  }

  /** `letRunOut`: as if the process had died. */
  async stop(options?: { readonly letRunOut: boolean }): Promise<void> {
    await this.#leadership.stop(options);
  }

  /** Throws `unavailable` where another process leads, or none. */
  async ready(): Promise<void> {
    await this.#leadership.soon();
  }

  async putGraph(project: string, upload: AsyncIterable<Uint8Array>, by: Attribution) {
    const { jobs, clock } = this.#options;
    const projectId = await this.#projectId(project);
    const gzip = await wholeBody(upload, schedulerLimits.graphGzipBytes);
    const { name, graph, cost } = await readGivenGraph(gzip, clock);
    await jobs.putGraph(by, { projectId, hash: name, gzip }, isoTime(clock.now()));
    return { graph: name, tasks: graph.tasks.length, cost };
  }

  /** The graph, for whoever prices it. Throws `not-found`. */
  async graph(project: string, name: string): Promise<JobGraph> {
    return await readGraph(this.#options.jobs, await this.#projectId(project), name);
  }

  /** Tasks of the graph whose results the project has already. */
  async remembered(project: string, graph: JobGraph): Promise<ReadonlySet<number>> {
    const { jobs, blobs, clock } = this.#options;
    const projectId = await this.#projectId(project);
    const manifest = await readManifest(jobs, projectId, graph.package);
    return await rememberedTasks(
      graph,
      { projectId, manifest, clock },
      {
        memo: async (keys) => await jobs.memo(keys),
        has: async (id, wanted) => (await blobs?.has(id, wanted)) ?? new Set(),
      },
    );
  }

  /** Slots that jobs of the project could have now. */
  fleet(project: string): readonly { readonly slots: number; readonly speed: number }[] {
    const workers = [...(this.#leadership.now?.run.workers.values() ?? [])];
    return workers
      .filter(({ connected, quarantine, draining }) => connected && quarantine === undefined && !draining)
      .filter(({ options }) => options.trust !== "volunteer")
      .filter(({ options }) => options.project === undefined || options.project === project)
      .map(({ options: { slots, speed } }) => ({ slots, speed }));
  }

  /** Hold, job and its terms are one transaction. Throws `not-found` for a graph or package that is not here, and what the offer refuses. */
  async create(request: JobRequest, by: Attribution): Promise<Job> {
    const leading = await this.#leadership.soon();
    if (leading.jobs.size >= runLimits.maxJobs) throw new VdcError("busy", "Too many jobs run already.");
    const { jobs, money, clock, random, blobs } = this.#options;
    const projectId = await this.#projectId(request.project);
    const graph = await readGraph(jobs, projectId, request.graph);
    await requireFunctions(jobs, projectId, graph);
    if (graph.tasks.some((task) => task.inputs.some((input) => "blob" in input))) requireBlobs(blobs);
    const { cores, currency } = await money.included(request.project);
    const facts = {
      id: newId("job", clock, random),
      projectId,
      project: request.project,
      title: request.title,
      app: request.app,
      graph: request.graph,
      package: graph.package,
      mode: request.mode,
      priority: request.priority,
      volunteers: request.volunteers,
      offer: request.mode === "burst" ? request.offer : undefined,
      cores,
      createdBy: by.actor.name,
      state: "running" as const,
      charged: 0n,
      createdAt: isoTime(clock.now()),
      tasks: graph.tasks.length,
      done: 0,
      remembered: 0,
      stages: [],
      results: [],
    };
    const stored = await jobs.transact(by, async (rows, records): Promise<StoredJob> => {
      // The next leader looks for jobs once: it has to see this one.
      await rows.requireFence(leading.parts.fence);
      const terms =
        request.mode === "included"
          ? { bound: 0n, currency, terms: null }
          : await money.accept(rows.money, acceptanceOf(facts.id, request, by));
      const job = { ...facts, ...terms };
      await rows.insertJob(job);
      records.audit({
        verb: "create",
        target: { kind: "job", project: job.project, name: job.id, id: job.id },
        outcome: "done",
        detail: { mode: job.mode, tasks: job.tasks, bound: job.bound.toString() },
      });
      return job;
    });
    const live = await leading.load(stored, graph);
    return jobView(stored, live, clock.monotonic());
  }

  async get(project: string, id: string): Promise<Job> {
    const stored = await this.#stored(project, id);
    return jobView(stored, this.#leadership.now?.jobs.get(id), this.#options.clock.monotonic());
  }

  async list(query: {
    readonly projects: readonly string[] | undefined;
    readonly before?: string | undefined;
    readonly limit: number;
  }): Promise<Job[]> {
    const now = this.#options.clock.monotonic();
    const stored = await this.#options.jobs.list(query);
    return stored.map((job) => jobView(job, this.#leadership.now?.jobs.get(job.id), now));
  }

  async tasks(
    project: string,
    id: string,
    { after, limit }: { readonly after: number; readonly limit: number },
  ) {
    const stored = await this.#stored(project, id);
    const live = this.#leadership.now?.jobs.get(id);
    const specs =
      live?.state.graph.specs ?? (await readGraph(this.#options.jobs, stored.projectId, stored.graph)).tasks;
    const items = specs.slice(after + 1, after + 1 + limit).map(({ fn, stage, cost, place }, index) => ({
      task: after + 1 + index,
      fn,
      stage,
      cost,
      ...(place === undefined ? {} : { place }),
    }));
    const last = after + items.length;
    return { items, ...(last + 1 < specs.length ? { next: last } : {}) };
  }

  /** Results that are there, also while the job runs: their blobs are read like those of one that ended. */
  async results(project: string, id: string): Promise<{ items: JobResult[] }> {
    const stored = await this.#stored(project, id);
    if (stored.finishedAt !== undefined) return { items: stored.results };
    const live = (await this.#leadership.soon()).jobs.get(id);
    // It may have ended meanwhile.
    return { items: live?.results() ?? (await this.#stored(project, id)).results };
  }

  /** The whole first, then what changes; ends when the job has. Where another process leads, it knows of no task. */
  async *watch(project: string, id: string, signal: AbortSignal): AsyncGenerator<JobProgress> {
    const { clock } = this.#options;
    let seen = -1;
    let leader: Leading | undefined;
    while (!signal.aborted) {
      const leading = this.#leadership.now;
      const live = leading?.jobs.get(id);
      let everyMs: number = schedulerLimits.progressMs;
      if (leading === undefined || live === undefined) {
        const job = await this.get(project, id);
        yield { job, tasks: [], results: job.results };
        if (job.finishedAt !== undefined) return;
        everyMs = schedulerLimits.storedProgressMs;
      } else if (leading !== leader || live.state.changes > seen) {
        const now = clock.monotonic();
        const since = leading === leader ? seen : -1;
        const tasks = changedTasks(live, since, leading.run.workers);
        const results = live.results(since);
        [leader, seen] = [leading, live.state.changes];
        yield { job: jobView(live.stored, live, now), tasks, results, nowMs: now - live.beganMs };
      }
      await clock.sleep(everyMs, signal).catch(() => undefined); // its reader left
    }
  }

  async cancel(project: string, id: string, by: Attribution): Promise<Job> {
    return await this.#change(project, id, "cancel", by, (leading, live) =>
      leading.end(live, "cancelled", undefined),
    );
  }

  async pause(project: string, id: string, by: Attribution): Promise<Job> {
    return await this.#change(project, id, "pause", by, (leading, live) => {
      live.public = "paused";
      live.reason = `${by.actor.name} paused it`;
      leading.run.setPaused(live.state, true, leading.now);
      leading.changed(live);
    });
  }

  async resume(project: string, id: string, by: Attribution): Promise<Job> {
    return await this.#change(project, id, "resume", by, resumed);
  }

  async raiseBound(project: string, id: string, bound: bigint, by: Attribution): Promise<Job> {
    const { money, jobs } = this.#options;
    const { leading, live } = await this.#live(project, id);
    const { stored } = live;
    const { offer, terms } = stored;
    if (offer === undefined)
      throw new VdcError("conflict", "A job within the plan has no bound: it costs nothing.");
    await jobs.transact(by, async (rows) => {
      await rows.requireFence(leading.parts.fence);
      await money.raise(rows.money, { project, job: id, offer, terms }, bound);
    });
    live.state.bound = bound;
    return await this.#change(project, id, "raise-bound", by, resumed);
  }

  async blobs(project: string, request: BlobRequest): ReturnType<typeof blobAddresses> {
    const projectId = await this.#projectId(project);
    const small = async (blob: string) => {
      // Who does not lead yet may have it soon; who never does has it not.
      const leading = this.#leadership.now ?? (await this.#leadership.soon().catch(() => undefined));
      const lives = [...(leading?.jobs.values() ?? [])];
      return lives
        .find(({ stored, small: held }) => stored.projectId === projectId && held.has(blob))
        ?.small.get(blob);
    };
    return await blobAddresses(projectId, request, { ...this.#options, small });
  }

  /** Throws `unavailable` where another process leads, or this one does not yet (`ready`). */
  cluster(maySee: (project: string | undefined) => boolean): Cluster {
    const leading = this.#leadership.now;
    if (leading === undefined) throw new VdcError("unavailable", "This process schedules no jobs now.");
    return clusterView(leading, this.#options.clock, maySee);
  }

  async *watchCluster(
    maySee: (project: string | undefined) => boolean,
    signal: AbortSignal,
  ): AsyncGenerator<Cluster> {
    while (!signal.aborted) {
      yield this.cluster(maySee);
      await this.#options.clock.sleep(schedulerLimits.clusterMs, signal).catch(() => undefined); // its reader left
    }
  }

  /** What jobs want of a pool, and who of it works; undefined where another process leads. */
  pool(pool: PoolName): PoolView | undefined {
    const leading = this.#leadership.now;
    return leading === undefined ? undefined : poolView(leading, pool);
  }

  /** Speaks with a worker until either side ends it. */
  async connect(peer: WorkerPeer, rights: WorkerRights): Promise<void> {
    await new WorkerSession(await this.#leadership.soon(), peer, this.packages).run(rights);
  }

  async drain(id: string): Promise<void> {
    const leading = await this.#leadership.soon();
    const worker = [...leading.run.workers.values()].find((one) => one.connected && workerId(one) === id);
    if (worker === undefined)
      throw new VdcError("not-found", `There is no worker ${id.slice(0, 64)} connected.`, {
        extra: { remedy: "`vdc worker list` lists those that are." },
      });
    leading.run.drain(worker);
    leading.ends.get(worker.id)?.drain();
  }

  /** Ends a quarantine: by its id, or the name of the worker. */
  async release(word: string, by: Attribution): Promise<void> {
    await (await this.#leadership.soon()).release(word, by);
  }

  async projectId(project: string): Promise<string> {
    return await this.#projectId(project);
  }

  async #projectId(name: string): Promise<string> {
    const id = await this.#options.jobs.projectId(name);
    if (id === undefined) throw new VdcError("not-found", `There is no project '${name}'.`);
    return id;
  }

  async #stored(project: string, id: string): Promise<StoredJob> {
    const [stored, projectId] = await Promise.all([this.#options.jobs.job(id), this.#projectId(project)]);
    // A job of another project is none: its id tells nothing.
    if (stored?.projectId !== projectId)
      throw new VdcError("not-found", `There is no job ${id.slice(0, 64)} in project ${project}.`, {
        extra: { remedy: `\`vdc job list -p ${project}\` lists those that there are.` },
      });
    return stored;
  }

  async #live(project: string, id: string): Promise<{ readonly leading: Leading; readonly live: LiveJob }> {
    const stored = await this.#stored(project, id);
    if (stored.finishedAt !== undefined)
      throw new VdcError("conflict", `The job has ended: it ${endedWords(stored.state)}.`, {
        extra: { remedy: `\`vdc job show ${id} -p ${project}\` shows what it gave and cost.` },
      });
    const leading = await this.#leadership.soon();
    const live = leading.jobs.get(id);
    if (live === undefined) throw new VdcError("unavailable", "The job is not loaded by the scheduler.");
    if (live.ending !== undefined) throw new VdcError("conflict", "The job is ending already.");
    return { leading, live };
  }

  async #change(
    project: string,
    id: string,
    verb: string,
    by: Attribution,
    change: (leading: Leading, live: LiveJob) => void,
  ): Promise<Job> {
    const { leading, live } = await this.#live(project, id);
    change(leading, live);
    await this.#options.jobs.transact(by, (_, records) => {
      const target = { kind: "job", project, name: id, id };
      records.audit({ verb, target, outcome: "done" });
      return Promise.resolve();
    });
    return await this.get(project, id);
  }
}

function endedWords(state: StoredJob["state"]): string {
  return state === "cancelled" ? "was cancelled" : state;
}

function resumed(leading: Leading, live: LiveJob): void {
  live.public = "running";
  live.reason = undefined;
  leading.run.setPaused(live.state, false, leading.now);
  leading.changed(live);
  leading.wake();
}

function acceptanceOf(job: string, request: JobRequest, by: Attribution) {
  const { project, title, graph, offer, quoteHash, bound } = request;
  if (offer === undefined || quoteHash === undefined)
    throw new VdcError(
      "invalid",
      "A burst job names the offer that it accepts, and its figures (quoteHash).",
    );
  return { project, job, title, graph, offer, quoteHash, bound, actor: by.actor.name };
}
