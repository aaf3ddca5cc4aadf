import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip as compress } from "node:zlib";
import { systemActor } from "#api/actor.ts";
import type { Job } from "#api/burst.ts";
import type { JobGraph, TaskSpec } from "#burst/graph.ts";
import type { BlobStore } from "#burst/scheduler/blob-store.ts";
import { Scheduler } from "#burst/scheduler/scheduler.ts";
import { silentLog } from "#lib/log.ts";
import { systemClock } from "#lib/clock.ts";
import { systemRandom } from "#lib/random.ts";
import { createBurstJobs, type BurstJobs } from "#store/burst-jobs.ts";
import type { PostgresStore } from "#store/postgres/open.ts";
import { openTestMoney } from "#test/support/burst-money.ts";
import { workerPair, type TestBurstWorker } from "#test/support/burst-worker.ts";
import { openTestStore } from "#test/support/store.ts";
import { waitFor } from "#test/support/wait-for.ts";

const zip = promisify(compress);
export const testBy = { actor: systemActor("test") };
const manifestText = JSON.stringify({
  apiVersion: "vdc.kernels/1",
  name: "org.example.test",
  version: "1.0.0",
  level: "js",
  files: { "a.js": { sha256: "a".repeat(64), bytes: 1 } },
  functions: {
    work: { file: "a.js", memoryBytes: 65_536 },
    join: { file: "a.js", memoryBytes: 65_536, memo: false },
  },
});
const packageHash = createHash("sha256").update(manifestText).digest("hex");

/** A graph of maps, and of joins of each eight until one is left. */
export function testGraph(width: number, cost = 0, salt = 0): JobGraph {
  const base = { outputs: 1, memoryBytes: 65_536, outputBytes: 64, cost };
  const tasks: TaskSpec[] = Array.from({ length: width }, (_, index) => ({
    ...base,
    fn: "work",
    args: [salt, index],
    inputs: [],
    stage: "map",
  }));
  let level = tasks.map((_, index) => index);
  while (level.length > 1) {
    const next: number[] = [];
    for (let at = 0; at < level.length; at += 8) {
      const inputs = level.slice(at, at + 8).map((task) => ({ task, output: 0 }));
      next.push(tasks.push({ ...base, fn: "join", args: [], inputs, stage: "join" }) - 1);
    }
    level = next;
  }
  return {
    package: packageHash,
    tasks,
    results: [{ name: "all", from: { task: tasks.length - 1, output: 0 } }],
  };
}

export interface SchedulerWorld extends AsyncDisposable {
  readonly store: PostgresStore;
  readonly url: string;
  /** The one that leads now, or will. */
  scheduler: Scheduler;
  /** Ends the scheduler as a kill would, and begins another on the same rows. */
  restart(): Promise<void>;
  connect(
    name: string,
    change?: (worker: TestBurstWorker) => void,
  ): { readonly worker: TestBurstWorker; readonly close: () => void };
  submit(
    graph: JobGraph,
    more?: { readonly offer?: string; readonly quoteHash?: string; readonly volunteers?: boolean },
  ): Promise<Job>;
  send(graph: JobGraph): Promise<string>;
  /** Once it has ended. */
  ended(job: string): Promise<Job>;
  readonly money: Awaited<ReturnType<typeof openTestMoney>>;
}

/** A scheduler on real rows, with a project `shop` and a package of two functions. It leads as long as it renews its lease within `leaseMs`. */
export async function openSchedulerWorld(blobs?: BlobStore, leaseMs = 1_500): Promise<SchedulerWorld> {
  await using opening = new AsyncDisposableStack();
  const opened = opening.use(await openTestStore());
  const { store } = opened;
  const money = await openTestMoney(store, systemClock);
  const jobs = createBurstJobs(store);
  await admitPackage(jobs);
  let runs = 0;
  const make = () => {
    runs += 1;
    const common = { clock: systemClock, random: systemRandom, log: silentLog };
    return new Scheduler({
      jobs,
      leases: store.leases,
      money: money.jobs,
      blobs,
      holder: `run-${runs}`,
      leaseMs,
      ...common,
    });
  };
  const closers = new Set<() => void>();
  const ready = async () => await untilLeading(world.scheduler);
  const send = async (graph: JobGraph) => {
    const gzip = await zip(JSON.stringify(graph));
    const body = async function* () {
      yield await Promise.resolve(gzip);
    };
    return (await world.scheduler.putGraph("shop", body(), testBy)).graph;
  };
  const world: SchedulerWorld = {
    store,
    url: opened.url,
    money,
    scheduler: make(),
    restart: async () => {
      for (const close of closers) close();
      await world.scheduler.stop({ letRunOut: true });
      world.scheduler = make();
      world.scheduler.start();
      await ready();
    },
    connect: (name, change) => {
      const { worker, peer, close } = workerPair({ name });
      change?.(worker);
      worker.begin();
      closers.add(close);
      const trust = (project: string | undefined) => (project === undefined ? ("pool" as const) : undefined);
      void world.scheduler.connect(peer, { who: "somebody", trust }).catch(() => undefined); // ends with its test
      return { worker, close };
    },
    send,
    submit: async (graph, more = {}) => {
      const name = await send(graph);
      const mode = more.offer === undefined ? ("included" as const) : ("burst" as const);
      const request = { project: "shop", title: "test", graph: name, mode, priority: 0, volunteers: false };
      return await world.scheduler.create({ ...request, ...more }, testBy);
    },
    ended: async (id) => await untilEnded(world.scheduler, id),
    [Symbol.asyncDispose]: async () => {
      for (const close of closers) close();
      await world.scheduler.stop();
      await closing.disposeAsync();
    },
  };
  const closing = opening.move();
  world.scheduler.start();
  await ready();
  return world;
}

/** As if somebody had admitted a package of two functions. */
async function admitPackage(jobs: BurstJobs): Promise<void> {
  const projectId = (await jobs.projectId("shop")) ?? "";
  const bytes = Buffer.from(JSON.stringify({ manifest: manifestText, publicKey: "", signature: "" }));
  const file = { projectId, kind: "manifest" as const, hash: packageHash, bytes };
  await jobs.putFile(testBy, file, new Date().toISOString());
}

async function untilEnded(scheduler: Scheduler, id: string): Promise<Job> {
  const asked = async () => {
    const job = await scheduler.get("shop", id);
    return job.finishedAt === undefined ? undefined : job;
  };
  return await waitFor(asked, { withinMs: 30_000, what: `job ${id} ends` });
}

async function untilLeading(scheduler: Scheduler): Promise<void> {
  const asked = async () =>
    await scheduler.ready().then(
      () => true as const,
      () => undefined, // it does not lead yet
    );
  await waitFor(asked, { withinMs: 10_000, what: "the scheduler leads" });
}
