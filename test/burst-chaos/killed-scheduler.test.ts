import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Job } from "#api/burst.ts";
import { planKind } from "#api/kinds/plan.ts";
import { projectKind } from "#api/kinds/project.ts";
import type { JobGraph, TaskSpec } from "#burst/graph.ts";
import { layOut } from "#main/data-directory.ts";
import { cliWorld, type CliWorld } from "#test/support/cli-call.ts";
import { joinToken } from "#test/support/join-token.ts";
import { mixingFunctions, mixingKernel, mixingTruth } from "#test/support/mixing-kernel.ts";
import { type RealDataCenter, startRealDataCenter } from "#test/support/real-data-center.ts";
import { runSql } from "#test/support/store.ts";
import { waitFor } from "#test/support/wait-for.ts";

/**
 * A whole data center with its own workers, an agent that joined, and its object store; the control process, which has the scheduler, is killed again and again while
 * one job runs.
 */
const kills = Number(process.env["VDC_KILLS"] ?? 20);
const seed = Number(process.env["VDC_KILL_SEED"] ?? Date.now() % 100_000);
const width = 6_000;
const project = { project: "default" };
/** Turns of a kernel's empty loop: some milliseconds. */
const spins = 2_000_000;
const patience = 120_000;
let center: RealDataCenter;
let cli: CliWorld;
let agent: ChildProcess;
let agentSaid = "";

before(async () => {
  center = await startRealDataCenter(["--workers", "2"]);
  await center.ready(patience);
  cli = cliWorld({ socketPath: join(center.directory, "run", "control.sock"), local: true });
  agent = await joinAgent();
  const { client } = center;
  await waitFor(
    async () =>
      (await client.call(client.routes["burst.cluster"], {})).workers.length === 2 ? true : undefined,
    { withinMs: patience, what: `both workers are connected; ${agentSaid}` },
  );
});
after(async () => {
  agent?.kill("SIGKILL");
  cli?.[Symbol.dispose]();
  await center?.[Symbol.asyncDispose]();
});

async function joinAgent(): Promise<ChildProcess> {
  const token = join(cli.home, "join-token");
  writeFileSync(token, await joinToken(center), { mode: 0o600 });
  const entry = fileURLToPath(new URL("../../src/main/vdc.ts", import.meta.url));
  const words = [entry, "join", center.url, "--token-file", token, "--slots", "1", "--project", "default"];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
  const keep = (chunk: Buffer) => (agentSaid = (agentSaid + chunk.toString()).slice(-4_000));
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  return child;
}

async function pushKernels(): Promise<string> {
  const folder = join(cli.home, "kernels");
  mkdirSync(folder);
  const functions: Record<string, object> = {};
  for (const fn of ["small", "large"] as const) {
    writeFileSync(join(folder, `${fn}.wasm`), mixingKernel(fn, spins));
    functions[fn] = { file: `${fn}.wasm`, memoryBytes: 1024 ** 2, memo: false };
  }
  const source = { name: "org.example.mixing", version: "1.0.0", level: "wasm", functions };
  writeFileSync(join(folder, "kernels.json"), JSON.stringify(source));
  const { status, stdout, stderr } = await cli.call(["kernels", "push", folder]);
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

/** Maps, of which each eighth gives more than a message takes, and joins of each eight until one is left. Results are these large ones, and the last one, which follows from all. */
function graphOf(packageHash: string): JobGraph {
  const task = (
    fn: keyof typeof mixingFunctions,
    number: number,
    stage: string,
  ): Omit<TaskSpec, "inputs"> => ({
    fn,
    args: [number],
    outputs: 1,
    outputBytes: mixingFunctions[fn],
    cost: 20,
    memoryBytes: 1024 ** 2,
    stage,
  });
  const tasks: TaskSpec[] = Array.from({ length: width }, (_, index) => ({
    ...task(index % 8 === 0 ? "large" : "small", index, "map"),
    inputs: [],
  }));
  let level = [...tasks.keys()];
  while (level.length > 1) {
    const next: number[] = [];
    for (let at = 0; at < level.length; at += 8) {
      const inputs = level.slice(at, at + 8).map((number) => ({ task: number, output: 0 }));
      next.push(tasks.push({ ...task("small", tasks.length, "join"), inputs }) - 1);
    }
    level = next;
  }
  const results = [...tasks.keys()]
    .filter((number) => tasks[number]?.fn === "large" || number === tasks.length - 1)
    .map((number) => ({ name: `${number}`, from: { task: number, output: 0 } }));
  return { package: packageHash, tasks, results };
}

/** Accepts an offer for the graph. */
async function order(
  graph: JobGraph,
): Promise<{ readonly id: string; readonly price: string; readonly bound: string }> {
  const { client } = center;
  const plan = {
    currency: "USD",
    includedCores: 0.1,
    includedMemoryBytes: 1024 ** 3,
    pricePerCoreSecond: "0.00001",
    pricePerGibSecond: "0",
    maxBurstSlots: 32,
  };
  await client.apply(planKind, { name: "wide", spec: plan });
  await client.patch(projectKind, { name: "default" }, { spec: { plan: "wide" } });
  await client.call(client.routes["budget.set"], {
    params: project,
    body: { amount: (10n ** 14n).toString(), currency: "USD" },
  });
  const file = new Blob([Uint8Array.from(gzipSync(JSON.stringify(graph)))]);
  const sent = await client.call(client.routes["burst.put-graph"], { params: project, file });
  const asked = { title: "killed", graph: sent.graph };
  const offer = await client.call(client.routes["offer.create"], { params: project, body: asked });
  const accepted = await client.call(client.routes["offer.accept"], {
    params: { ...project, offer: offer.id },
    body: { quoteHash: offer.quoteHash },
  });
  assert.ok(accepted.job !== undefined && accepted.bound !== undefined);
  assert.notEqual(offer.burst.price, "0");
  return { id: accepted.job, price: offer.burst.price, bound: accepted.bound };
}

/** Undefined while control is away. */
async function jobNow(job: string): Promise<Job | undefined> {
  const { client } = center;
  return await client.call(client.routes["job.get"], { params: { ...project, job } }).catch(() => undefined);
}

function database(): string {
  const { postgresPassword, postgresRun } = layOut(center.directory);
  const password = encodeURIComponent(readFileSync(postgresPassword, "utf8").trim());
  return `postgresql://vdc:${password}@/postgres?host=${encodeURIComponent(postgresRun)}`;
}

/** Numbers of the tasks whose outcomes are durable; none is there twice. */
async function written(job: string): Promise<ReadonlySet<number>> {
  const rows = await runSql(database(), `SELECT outcomes FROM burst_outcomes WHERE job = '${job}'`);
  const lines = rows.flatMap(
    ({ outcomes }) => JSON.parse(gunzipSync(outcomes as Buffer).toString()) as [number, unknown][], // as the scheduler writes them
  );
  const numbers = new Set(lines.map(([task]) => task));
  assert.equal(numbers.size, lines.length, "an outcome was written twice");
  return numbers;
}

/** Kills the control process and has its supervisor start it again without waiting, for it waits longer after every failure. Resolves when it serves. */
async function killControl(): Promise<void> {
  const parts = await center.parts();
  const { pid } = parts.find(({ name }) => name === "control") ?? {};
  assert.ok(pid !== undefined, center.output());
  process.kill(pid, "SIGKILL");
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socketPath = join(center.directory, "run", "supervisor.sock");
  const call = request({ socketPath, path: "/v1/restart/control", method: "POST", timeout: patience });
  call.on("response", (response) => response.resume().on("end", resolve));
  call.on("error", reject);
  call.end();
  await promise;
}

/** xorshift32, so that a run can be had again. */
function fractions(from: number): () => number {
  let state = from | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

test(`a job whose scheduler is killed ${kills} times loses no task, pays none twice, and gives the right bits`, async (t) => {
  t.diagnostic(`VDC_KILL_SEED=${seed}`);
  const fraction = fractions(seed);
  const graph = graphOf(await pushKernels());
  const { id, price, bound } = await order(graph);
  const began = performance.now();
  let durable: ReadonlySet<number> = new Set();
  for (let kill = 0; kill < kills; kill += 1) {
    const enough = durable.size + 1 + Math.floor(fraction() * 20);
    await waitFor(async () => ((await written(id)).size >= enough ? true : undefined), {
      withinMs: patience,
      what: `${enough} tasks are done after ${kill} kills; ${agentSaid}\n${center.output()}`,
    });
    await new Promise((resolve) => setTimeout(resolve, fraction() * 50)); // at any moment of a transaction
    await killControl();
    const kept = await written(id);
    assert.ok(durable.isSubsetOf(kept), "what was durable before the kill still is");
    assert.ok(kept.size < graph.tasks.length, `the job goes on after kill ${kill + 1}`);
    durable = kept;
  }
  t.diagnostic(
    `${durable.size} of ${graph.tasks.length} tasks after ${kills} kills in ${Math.round(performance.now() - began)} ms`,
  );
  const job = await waitFor(
    async () => {
      const now = await jobNow(id);
      return now?.finishedAt === undefined ? undefined : now;
    },
    { withinMs: 2 * patience, what: `the job ends; ${center.output()}` },
  );
  assert.equal(job.state, "succeeded", job.reason ?? "");
  const made = mixingTruth(graph);
  const truth = graph.results.map(({ name }) => ({ name, blob: made[Number(name)] }));
  assert.deepEqual(
    job.results.map(({ name, blob }) => ({ name, blob })),
    truth,
  );
  assert.equal(agent.exitCode, null, `the agent came back each time: ${agentSaid}`);
  assert.deepEqual([job.done, job.remembered], [graph.tasks.length, 0]);
  assert.deepEqual([job.charged, bound], [price, price]);
  await assertPaidOnce(graph, id, price);
});

async function assertPaidOnce(graph: JobGraph, job: string, price: string): Promise<void> {
  const { client } = center;
  const invoice = await client.call(client.routes["invoice.show"], { params: { ...project, job } });
  assert.equal(invoice.total, price);
  const tasksOf = (stage: string) => graph.tasks.filter((task) => task.stage === stage).length;
  assert.deepEqual(
    invoice.lines.map(({ stage, tasks }) => [stage, tasks]),
    ["map", "join"].map((stage) => [stage, tasksOf(stage)]),
  );
  const { items } = await client.call(client.routes["ledger.entries"], { params: project, query: { job } });
  assert.deepEqual(
    items.map(({ kind, amount }) => [kind, amount]),
    [
      ["post", price],
      ["hold", price],
    ],
  );
  const balance = await client.call(client.routes["ledger.balance"], { params: project });
  assert.deepEqual([balance.posted, balance.held], [price, "0"]);
  const [sums] = await runSql(
    database(),
    `SELECT sum(debits_posted)::text AS debits, sum(credits_posted)::text AS credits,
       sum(debits_pending + credits_pending)::text AS pending FROM burst_accounts`,
  );
  assert.deepEqual(sums, { debits: price, credits: price, pending: "0" });
}
