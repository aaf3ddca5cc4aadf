import { hash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Attribution } from "#api/actor.ts";
import type { Cluster, Job, JobProgress, JobResult } from "#api/burst.ts";
import { jobGraphSchema } from "#api/burst-graph.ts";
import { VdcError } from "#api/errors.ts";
import { parseInput } from "#api/validate.ts";
import { background } from "#lib/background.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import { createLeaseKeeper, type LeaseKeeper } from "#control/lease/keeper.ts";
import type { BurstJobs, StoredJob } from "#store/burst-jobs.ts";
import type { Fence, LeaseStore } from "#store/store.ts";
import { graphFault, type JobGraph } from "../graph.ts";
import { runLimits } from "../run/limits.ts";
import { requireBlobs, type BlobStore } from "./blob-store.ts";
import { Leading } from "./leading.ts";
import { schedulerLease, schedulerLimits } from "./limits.ts";
import type { LiveJob } from "./live-job.ts";
import { readGraph, readManifest } from "./load-job.ts";
import type { JobMoney } from "./money.ts";
import { PackageFiles, wholeBody } from "./package-files.ts";
import { changedTasks, clusterView, jobView } from "./views.ts";
import { workerId, WorkerSession, type WorkerPeer, type WorkerRights } from "./worker-session.ts";

const unzip = promisify(gunzip);

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

/** Which blobs a client wants to send and read. */
export interface BlobRequest {
  readonly put: readonly { readonly blob: string; readonly bytes: number }[];
  readonly get: readonly string[];
}

interface BlobAddress {
  readonly blob: string;
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly inline?: string;
}

/** Jobs of this data center: one of its control processes leads, and all answer what is written. */
export class Scheduler {
  readonly packages: PackageFiles;
  readonly #options: SchedulerOptions;
  readonly #keeper: LeaseKeeper;
  #leading: Leading | undefined;
  #tidying: Disposable | undefined;

  constructor(options: SchedulerOptions) {
    const { leases, holder, clock, log } = options;
    this.#options = options;
    this.packages = new PackageFiles(options);
    this.#keeper = createLeaseKeeper({
      leases,
      name: schedulerLease,
      holder,
      ttlMs: options.leaseMs ?? schedulerLimits.leaseMs,
      clock,
      log,
      onChange: (fence) => this.#lead(fence),
    });
  }

  start(): void {
    this.#keeper.start();
  }

  /** `letRunOut`: as if the process had died. */
  async stop(options?: { readonly letRunOut: boolean }): Promise<void> {
    this.#lead(undefined);
    await this.#keeper.stop(options);
  }

  /** Throws `unavailable` where another process leads, or this one has only begun to. */
  get #leader(): Leading {
    if (this.#leading !== undefined) return this.#leading;
    throw new VdcError(
      "unavailable",
      "No scheduler of jobs is ready in this process; try again in some seconds.",
    );
  }

  async putGraph(project: string, upload: AsyncIterable<Uint8Array>, by: Attribution) {
    const { jobs, clock } = this.#options;
    const projectId = await this.#projectId(project);
    const gzip = await wholeBody(upload, schedulerLimits.graphGzipBytes);
    const text = await unzipped(gzip);
    const graph = parseGraph(text);
    const fault = graphFault(graph);
    if (fault !== undefined) throw new VdcError("invalid", `The graph is not valid: ${fault}.`);
    const name = hash("sha256", text);
    await jobs.putGraph(by, { projectId, hash: name, gzip }, isoTime(clock.now()));
    return { graph: name, tasks: graph.tasks.length, cost: costOf(graph) };
  }

  /** The graph, for whoever prices it. Throws `not-found`. */
  async graph(project: string, name: string): Promise<JobGraph> {
    return await readGraph(this.#options.jobs, await this.#projectId(project), name);
  }

  /** Slots that jobs of the project could have now. */
  fleet(project: string): readonly { readonly slots: number; readonly speed: number }[] {
    const workers = [...(this.#leading?.run.workers.values() ?? [])];
    return workers
      .filter(({ connected, quarantine, draining }) => connected && quarantine === undefined && !draining)
      .filter(({ options }) => options.trust !== "volunteer")
      .filter(({ options }) => options.project === undefined || options.project === project)
      .map(({ options: { slots, speed } }) => ({ slots, speed }));
  }

  /** Hold, job and its terms are one transaction. Throws `not-found` for a graph or package that is not here, and what the offer refuses. */
  async create(request: JobRequest, by: Attribution): Promise<Job> {
    const leading = this.#leader;
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
    const live = await leading.load(stored);
    return jobView(stored, live, clock.monotonic());
  }

  async get(project: string, id: string): Promise<Job> {
    const stored = await this.#stored(project, id);
    return jobView(stored, this.#leading?.jobs.get(id), this.#options.clock.monotonic());
  }

  async list(query: {
    readonly projects: readonly string[] | undefined;
    readonly before?: string | undefined;
    readonly limit: number;
  }): Promise<Job[]> {
    const now = this.#options.clock.monotonic();
    const stored = await this.#options.jobs.list(query);
    return stored.map((job) => jobView(job, this.#leading?.jobs.get(job.id), now));
  }

  async tasks(
    project: string,
    id: string,
    { after, limit }: { readonly after: number; readonly limit: number },
  ) {
    const stored = await this.#stored(project, id);
    const live = this.#leading?.jobs.get(id);
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
    return { items: this.#leading?.jobs.get(id)?.results() ?? stored.results };
  }

  /** The whole first, then what changes; ends when the job has. */
  async *watch(project: string, id: string, signal: AbortSignal): AsyncGenerator<JobProgress> {
    const { clock } = this.#options;
    let seen = -1;
    for (;;) {
      const leading = this.#leading;
      const live = leading?.jobs.get(id);
      if (live === undefined || leading === undefined) {
        const job = await this.get(project, id);
        yield { job, tasks: [], results: job.results };
        return;
      }
      if (live.state.changes > seen) {
        const now = clock.monotonic();
        const tasks = changedTasks(live, seen, leading.run.workers);
        const results = live.results(seen);
        seen = live.state.changes;
        yield { job: jobView(live.stored, live, now), tasks, results, nowMs: now - live.beganMs };
      }
      await clock.sleep(schedulerLimits.progressMs, signal).catch(() => undefined); // its reader left
      if (signal.aborted) return;
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
    const { live } = await this.#live(project, id);
    const { stored } = live;
    const { offer, terms } = stored;
    if (offer === undefined)
      throw new VdcError("conflict", "A job within the plan has no bound: it costs nothing.");
    await jobs.transact(by, async (rows) => {
      await money.raise(rows.money, { project, job: id, offer, terms }, bound);
    });
    live.state.bound = bound;
    return await this.#change(project, id, "raise-bound", by, resumed);
  }

  async blobs(
    project: string,
    { put, get }: BlobRequest,
  ): Promise<{ put: BlobAddress[]; get: BlobAddress[] }> {
    const projectId = await this.#projectId(project);
    const { blobs, jobs } = this.#options;
    const lives = [...(this.#leading?.jobs.values() ?? [])].filter(
      ({ stored }) => stored.projectId === projectId,
    );
    const inline = (blob: string) =>
      lives.map(({ small }) => small.get(blob)).find((text) => text !== undefined);
    if (put.length > 0) requireBlobs(blobs);
    const names = [...put.map(({ blob }) => blob), ...get];
    const there = (await blobs?.has(projectId, names)) ?? new Set<string>();
    const missing = put.filter(({ blob }) => !there.has(blob));
    const write = (await blobs?.writeUrls(projectId, missing)) ?? [];
    const places = new Map(missing.map(({ blob }, index) => [blob, write[index]]));
    const far = get.filter((blob) => there.has(blob));
    const read = (await blobs?.readUrls(projectId, far)) ?? [];
    const urls = new Map(far.map((blob, index) => [blob, read[index]]));
    const answer: { put: BlobAddress[]; get: BlobAddress[] } = { put: [], get: [] };
    for (const { blob } of put) {
      const place = places.get(blob);
      answer.put.push(
        place === undefined ? { blob } : { blob, url: place.url, headers: { ...place.headers } },
      );
    }
    for (const blob of get) {
      const url = urls.get(blob);
      const near = inline(blob) ?? (url === undefined ? await fileOf(jobs, projectId, blob) : undefined);
      answer.get.push({
        blob,
        ...(near === undefined ? (url === undefined ? {} : { url }) : { inline: near }),
      });
    }
    return answer;
  }

  cluster(maySee: (project: string | undefined) => boolean): Cluster {
    return clusterView(this.#leader, this.#options.clock, maySee);
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

  /** Speaks with a worker until either side ends it. */
  async connect(peer: WorkerPeer, rights: WorkerRights): Promise<void> {
    await new WorkerSession(this.#leader, peer, this.packages).run(rights);
  }

  drain(id: string): void {
    const leading = this.#leader;
    const worker = [...leading.run.workers.values()].find((one) => one.connected && workerId(one) === id);
    if (worker === undefined)
      throw new VdcError("not-found", `There is no worker ${id.slice(0, 64)} connected.`);
    leading.run.drain(worker);
    leading.ends.get(worker.id)?.drain();
  }

  release(id: string): void {
    const { run } = this.#leader;
    const worker = [...run.workers.values()].find((one) => workerId(one) === id);
    if (worker === undefined || !run.release(worker.options.key))
      throw new VdcError("not-found", `There is no worker ${id.slice(0, 64)} in quarantine.`);
  }

  async projectId(project: string): Promise<string> {
    return await this.#projectId(project);
  }

  #lead(fence: Fence | undefined): void {
    this.#leading?.stop();
    this.#leading = undefined;
    this.#tidying?.[Symbol.dispose]();
    if (fence === undefined) return;
    const leading = new Leading({ ...this.#options, fence, lost: () => this.#lead(undefined) });
    const opening = async () => {
      await leading.start();
      if (this.#keeper.fence()?.epoch !== fence.epoch) leading.stop();
      else this.#leading = leading;
    };
    background(opening(), "burst.lead", this.#options.log);
    this.#tidySoon();
  }

  #tidySoon(): void {
    const { clock, log } = this.#options;
    this.#tidying = clock.after(schedulerLimits.tidyEveryMs, () => {
      background(this.#tidy(), "burst.tidy", log);
      this.#tidySoon();
    });
  }

  async #tidy(): Promise<void> {
    const { jobs, clock } = this.#options;
    const before = isoTime(clock.now() - schedulerLimits.keptMs);
    await jobs.tidy(before, schedulerLimits.memoLines);
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
      throw new VdcError("not-found", `There is no job ${id.slice(0, 64)} in project ${project}.`);
    return stored;
  }

  async #live(project: string, id: string): Promise<{ readonly leading: Leading; readonly live: LiveJob }> {
    const stored = await this.#stored(project, id);
    if (stored.finishedAt !== undefined)
      throw new VdcError("conflict", `The job has ended: it ${stored.state}.`);
    const leading = this.#leader;
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

async function unzipped(gzip: Buffer): Promise<Buffer> {
  try {
    return await unzip(gzip, { maxOutputLength: schedulerLimits.graphBytes });
  } catch (cause) {
    throw new VdcError("invalid", "The graph is not gzip, or too large when unpacked.", { cause });
  }
}

function parseGraph(text: Buffer): JobGraph {
  let json: unknown;
  try {
    json = JSON.parse(text.toString("utf8"));
  } catch (cause) {
    throw new VdcError("invalid", "The graph is not JSON.", { cause });
  }
  return parseInput(jobGraphSchema, json, "The graph");
}

function costOf(graph: JobGraph): number {
  return graph.tasks.reduce((sum, task) => sum + task.cost, 0);
}

/** Every function that a task calls is one of the package's, within its memory. */
async function requireFunctions(jobs: BurstJobs, projectId: string, graph: JobGraph): Promise<void> {
  const { functions } = await readManifest(jobs, projectId, graph.package);
  for (const [number, { fn }] of graph.tasks.entries())
    if (!Object.hasOwn(functions, fn))
      throw new VdcError("invalid", `Task ${number} calls ${fn}, which the package does not have.`);
}

async function fileOf(jobs: BurstJobs, projectId: string, blob: string): Promise<string | undefined> {
  return (await jobs.file({ projectId, kind: "blob", hash: blob }))?.toString("base64");
}
