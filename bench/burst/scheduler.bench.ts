import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpus, loadavg } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { median, percentile, spread } from "#bench/support/statistics.ts";
import type { JobGraph } from "#burst/graph.ts";
import { schedulerLimits } from "#burst/scheduler/limits.ts";
import { testPlan } from "#test/support/burst-money.ts";
import { openSchedulerWorld, testBy, testGraph, type SchedulerWorld } from "#test/support/burst-scheduler.ts";
import { openWorkerDoor } from "./worker-door.ts";

/**
 * The scheduler with tasks that do nothing: in this process, on a PostgreSQL that syncs, and workers in processes of their own that dial in over WebSockets. Every
 * outcome is durable before a job has ended.
 */
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 3);
const rateTasks = Number(process.env["BENCH_TASKS"] ?? 20_000);
const manyTasks = 100_000;
const chainTasks = 500;
const workerCount = 2;
/** Of the plan: with less, it is the plan that is measured, for a task that costs nothing takes 0.1 ms of it. */
const includedCores = 64;
const mebibyte = 1024 ** 2;

interface Figures {
  readonly seconds: number;
  readonly perSecond: number;
  /** Of this process for a task. */
  readonly cpuMicroseconds: number;
  /** Bytes, as time went by. */
  readonly memory: readonly number[];
}

/** How memory is measured while a job runs. */
interface Gauge {
  readonly everyMs: number;
  readonly bytes: () => number;
}
const resident: Gauge = { everyMs: 250, bytes: () => process.memoryUsage.rss() };
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void; // that is what the flag exposes
/** What the collector leaves: resident memory has what it has not looked at yet, too. */
const retained: Gauge = {
  everyMs: 1_000,
  bytes: () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  },
};
await using world = await openSchedulerWorld(undefined, schedulerLimits.leaseMs);
const plan = { kind: "plan", name: "sample", labels: {}, spec: { ...testPlan, includedCores } };
await world.store.resources.apply(plan, { by: testBy });
await world.money.money.setBudget("shop", { amount: (10n ** 14n).toString(), alertsAt: [] }, testBy);
const door = await openWorkerDoor((peer) =>
  world.scheduler.connect(peer, {
    who: "bench",
    trust: (project) => (project === undefined ? "pool" : undefined),
  }),
);
const latencies: number[] = [];
/** Rejects when a worker ended without being told to: it does not come back. */
const lost = Promise.withResolvers<never>();
const workers = await Promise.all(
  Array.from({ length: workerCount }, async (_, index) => await startWorker(`bench-${index}`)),
);
let salt = 0;
try {
  await runJob(testGraph(2_000, 0, ++salt)); // warms up
  await reportRate();
  await reportLatency();
  await reportMemory();
} finally {
  for (const worker of workers) worker.kill();
  door.close();
}

async function startWorker(name: string): Promise<ChildProcess> {
  const worker = fork(new URL("no-op-worker.ts", import.meta.url), [door.url, name]);
  worker.on("message", (message: { readonly latencies?: readonly number[] }) => {
    for (const latency of message.latencies ?? []) latencies.push(latency);
  });
  worker.once("exit", (code) => {
    if (code !== null) lost.reject(new Error("a worker lost its connection: the scheduler lost its lease"));
  });
  await once(worker, "message");
  return worker;
}

async function runJob(graph: JobGraph, { everyMs, bytes } = resident): Promise<Figures> {
  const memory: number[] = [];
  const timer = setInterval(() => memory.push(bytes()), everyMs);
  try {
    const name = await world.send(graph);
    const request = { project: "shop", title: "bench", graph: name, mode: "included" as const };
    const cpu = process.cpuUsage();
    const began = performance.now();
    const { id } = await world.scheduler.create({ ...request, priority: 0, volunteers: false }, testBy);
    await Promise.race([ended(world, id), lost.promise]);
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const { length } = graph.tasks;
    return { seconds, perSecond: length / seconds, cpuMicroseconds: (user + system) / length, memory };
  } finally {
    clearInterval(timer);
  }
}

async function ended({ scheduler }: SchedulerWorld, id: string): Promise<void> {
  for await (const { job } of scheduler.watch("shop", id, new AbortController().signal))
    if (job.finishedAt !== undefined && job.state !== "succeeded")
      throw new Error(`the job ${job.state}: ${job.reason ?? ""}`);
}

async function reportRate(): Promise<void> {
  const rows: Figures[] = [];
  for (let round = 0; round < rounds; round += 1) rows.push(await runJob(testGraph(rateTasks, 0, ++salt)));
  const { length } = testGraph(rateTasks).tasks;
  console.log(
    `\n${length} tasks that do nothing, ${rounds} rounds, ${cpus().length} cores; load ${loadavg()[0]?.toFixed(1)}\n`,
  );
  console.log("| figure | target | measured |\n|---|---|---|");
  console.log(`| durable tasks/s | ≥ 5,000 | ${spread(rows.map(({ perSecond }) => perSecond))} |`);
  console.log(
    `| CPU µs of the scheduler's process per task | | ${spread(rows.map(({ cpuMicroseconds }) => cpuMicroseconds))} |`,
  );
}

/** A chain: each task is given when the result of the one before it has come. */
async function reportLatency(): Promise<void> {
  await gathered();
  latencies.length = 0;
  const base = { fn: "work", outputs: 1, memoryBytes: 65_536, outputBytes: 64, cost: 0, stage: "chain" };
  const graph: JobGraph = {
    package: testGraph(1).package,
    tasks: Array.from({ length: chainTasks }, (_, index) => ({
      ...base,
      args: [++salt, index],
      inputs: index === 0 ? [] : [{ task: index - 1, output: 0 }],
    })),
    results: [{ name: "last", from: { task: chainTasks - 1, output: 0 } }],
  };
  await runJob(graph);
  await gathered();
  console.log(
    `\nfrom a result to the next lease at a worker, ${latencies.length} of a chain; load ${loadavg()[0]?.toFixed(1)}\n`,
  );
  console.log("| figure | target | ms |\n|---|---|---|");
  console.log(`| dispatch p50 | ≤ 5 | ${percentile(latencies, 0.5).toFixed(2)} |`);
  console.log(`| dispatch p95 | | ${percentile(latencies, 0.95).toFixed(2)} |`);
}

/** All latencies that workers know are here. */
async function gathered(): Promise<void> {
  await Promise.all(
    workers.map(async (worker) => {
      const told = once(worker, "message");
      worker.send("tell");
      await told;
    }),
  );
}

async function reportMemory(): Promise<void> {
  const { memory, seconds, perSecond, cpuMicroseconds } = await runJob(testGraph(manyTasks, 0, ++salt));
  const after = await runJob(testGraph(manyTasks, 0, ++salt), retained);
  console.log(
    `\none job of ${testGraph(manyTasks).tasks.length} tasks: ${seconds.toFixed(1)} s, ${perSecond.toFixed(0)} tasks/s, ${cpuMicroseconds.toFixed(0)} µs of CPU for each; load ${loadavg()[0]?.toFixed(1)}\n`,
  );
  console.log(
    "| quarter of its time | resident MiB of the scheduler's process, median | highest | of another such job: MiB after a collection each second |\n|---|---|---|---|",
  );
  const left = quarters(after.memory);
  for (const [index, part] of quarters(memory).entries()) {
    const highest = Math.max(...part) / mebibyte;
    const kept = median(left[index] ?? []) / mebibyte;
    console.log(
      `| ${index + 1} | ${(median(part) / mebibyte).toFixed(0)} | ${highest.toFixed(0)} | ${kept.toFixed(0)} |`,
    );
  }
}

function quarters(values: readonly number[]): readonly (readonly number[])[] {
  const quarter = Math.ceil(values.length / 4);
  return [0, 1, 2, 3].map((index) => values.slice(index * quarter, (index + 1) * quarter));
}
