import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import type { Cluster, Job } from "#api/burst.ts";
import { planKind } from "#api/kinds/plan.ts";
import { projectKind } from "#api/kinds/project.ts";
import { UpgradeRefused } from "#drivers/web-socket/web-socket.ts";
import { madeBy } from "#test/support/burst-worker.ts";
import { cliWorld, type CliWorld } from "#test/support/cli-call.ts";
import { startDataCenter, type TestDataCenter } from "#test/support/data-center.ts";
import { constant, tinyWasm } from "#test/support/tiny-wasm.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { dialIn, type WireWorker } from "#test/support/wire-worker.ts";

const withinMs = 60_000;
const params = { project: "shop" };
const workersPerCaller = 4;

/** What a data center believes of the workers that dial in, and what it does with those that it does not believe. */
describe("trust in workers", () => {
  let center: TestDataCenter;
  let cli: CliWorld;
  let packageHash: string;
  let salt = 0;
  const tokens = new Map<string, string>();
  const open: WireWorker[] = [];

  before(async () => {
    center = await startDataCenter({ serverLimits: { workersPerCaller } });
    cli = cliWorld({ socketPath: center.socketPath });
    const plan = { currency: "USD", includedCores: 64, includedMemoryBytes: 1024 ** 3 };
    const prices = { pricePerCoreSecond: "0.00001", pricePerGibSecond: "0", maxBurstSlots: 32 };
    await center.local.apply(planKind, { name: "wide", spec: { ...plan, ...prices } });
    await center.local.apply(projectKind, { name: "shop", spec: { plan: "wide" } });
    await waitFor(async () => (await isLeading()) || undefined, { withinMs, what: "it leads" });
    packageHash = await pushKernels();
    for (const name of ["olga", "oskar", "otto"]) await member(name, "operator");
    for (const name of ["vera", "viktor"]) await member(name, "viewer");
  });
  after(async () => {
    for (const worker of open) worker[Symbol.dispose]();
    cli?.[Symbol.dispose]();
    await center?.stop();
  });

  async function isLeading(): Promise<boolean> {
    return await cluster().then(
      () => true,
      () => false,
    );
  }

  async function cluster(): Promise<Cluster> {
    return await center.local.call(center.local.routes["burst.cluster"], {});
  }

  async function member(name: string, role: "operator" | "viewer"): Promise<void> {
    tokens.set(name, (await center.user(name, { projects: { shop: role } })).token);
  }

  async function pushKernels(): Promise<string> {
    const folder = join(cli.home, "kernels");
    mkdirSync(folder);
    writeFileSync(join(folder, "kernel.wasm"), tinyWasm({ run: constant(0) }));
    const functions = { run: { file: "kernel.wasm", memoryBytes: 1024 ** 2, memo: false } };
    const source = { name: "org.example.trust", version: "1.0.0", level: "wasm", functions };
    writeFileSync(join(folder, "kernels.json"), JSON.stringify(source));
    const { status, stdout, stderr } = await cli.call(["kernels", "push", folder, "--project", "shop"]);
    assert.equal(status, 0, stderr);
    return stdout.trim();
  }

  /** A connection of somebody, which has said hello. */
  async function dial(
    who: string,
    manners: { readonly name?: string; readonly works?: boolean; readonly lies?: boolean } = {},
  ): Promise<WireWorker> {
    const { name = who, works = true, lies = false } = manners;
    const wire = await dialIn(center, tokens.get(who) ?? "", { name, project: "shop", levels: ["wasm"] });
    open.push(wire);
    Object.assign(wire.worker, { works, lies });
    wire.worker.begin();
    return wire;
  }

  async function startJob(tasks: number, volunteers = false): Promise<Job> {
    salt += 1;
    const task = { fn: "run", inputs: [], outputs: 1, cost: 1, memoryBytes: 65_536, outputBytes: 64 };
    const graph = {
      package: packageHash,
      tasks: Array.from({ length: tasks }, (_, index) => ({ ...task, args: [salt, index], stage: "run" })),
      results: Array.from({ length: tasks }, (_, index) => ({
        name: String(index),
        from: { task: index, output: 0 },
      })),
    };
    const { local } = center;
    const file = new Blob([Uint8Array.from(gzipSync(JSON.stringify(graph)))]);
    const sent = await local.call(local.routes["burst.put-graph"], { params, file });
    const body = { title: "trust", graph: sent.graph, volunteers };
    return await local.call(local.routes["job.create"], { params, body });
  }

  async function jobNow(job: string): Promise<Job> {
    return await center.local.call(center.local.routes["job.get"], { params: { ...params, job } });
  }

  /** It succeeded, with the bytes that an honest worker makes. */
  async function endsRight(job: string): Promise<void> {
    const look = async () => {
      const found = await jobNow(job);
      return found.finishedAt === undefined ? undefined : found;
    };
    const ended = await waitFor(look, { withinMs, what: "the job ends" });
    assert.equal(ended.state, "succeeded", ended.reason ?? "");
    for (const { name, blob } of ended.results) {
      const bytes = madeBy({ fn: "run", args: [salt, Number(name)], inputs: [] });
      assert.equal(blob, createHash("sha256").update(bytes).digest("hex"));
    }
    assert.equal(ended.results.length, ended.tasks);
  }

  async function until(what: string, condition: () => unknown): Promise<void> {
    await waitFor(async () => ((await condition()) ? true : undefined), { withinMs, what });
  }

  async function leaveAll(): Promise<void> {
    for (const worker of open.splice(0)) worker[Symbol.dispose]();
    await until("all have left", async () =>
      (await cluster()).workers.every(({ state }) => state === "quarantined"),
    );
  }

  it("gives a cancelled job's leases back at once, and a drained worker nothing new", async () => {
    const { worker, ended } = await dial("olga", { works: false });
    const job = await startJob(8);
    await until("it has leases", () => worker.kept.length > 0);
    const { local } = center;
    await local.call(local.routes["job.cancel"], { params: { ...params, job: job.id } });
    await until("it is told to stop", () => worker.hears("revoke"));
    const revoked = worker.said.flatMap((message) => (message.type === "revoke" ? message.leases : []));
    assert.deepEqual(revoked.toSorted(), worker.kept.map(({ lease }) => lease).toSorted());
    const kept = worker.kept.length;
    const [view] = (await cluster()).workers;
    await local.call(local.routes["worker.drain"], { params: { worker: view?.id ?? "" } });
    await until("it is told to leave", () => worker.hears("drain"));
    const next = await startJob(8);
    worker.say({ type: "want", leases: 512 });
    await dial("oskar");
    await endsRight(next.id);
    assert.equal(worker.kept.length, kept);
    assert.deepEqual((await cluster()).workers.map(({ name, state }) => `${name}: ${state}`).toSorted(), [
      "olga: draining",
      "oskar: idle",
    ]);
    await leaveAll();
    await ended;
  });

  it("takes what a worker gives back to another one", async () => {
    const { worker } = await dial("olga", { works: false });
    const job = await startJob(4);
    await until("it has leases", () => worker.kept.length > 0);
    await dial("oskar");
    worker.say({ type: "want", leases: 0 });
    worker.say({ type: "return", leases: worker.kept.map(({ lease }) => lease) });
    worker.works = true; // for the check of the other
    worker.say({ type: "want", leases: 1 });
    await endsRight(job.id);
    await leaveAll();
  });

  it("counts a volunteer's result when another person's is the same, and one person's connections as one", async () => {
    const first = await dial("vera", { name: "laptop" });
    const second = await dial("vera", { name: "desktop" });
    const own = await startJob(4);
    const job = await startJob(6, true);
    await until("all is made", () => first.worker.done + second.worker.done >= 6);
    assert.equal((await jobNow(job.id)).done, 0);
    await dial("viktor");
    await endsRight(job.id);
    assert.equal((await jobNow(own.id)).done, 0, "a job that wants no volunteers has none");
    await center.local.call(center.local.routes["job.cancel"], { params: { ...params, job: own.id } });
    await leaveAll();
  });

  it("puts whoever lies into quarantine with all connections, tells the operator why, and lets it in when the operator says so", async () => {
    const liar = await dial("olga", { works: false, lies: true });
    const twin = await dial("olga", { works: false });
    const job = await startJob(6);
    await until("it has leases", () => liar.worker.kept.length > 0);
    liar.worker.answer(liar.worker.kept.splice(0, 1));
    await until("a lie is taken", async () => (await jobNow(job.id)).done > 0);
    await dial("oskar");
    await dial("otto");
    await endsRight(job.id);
    await Promise.all([liar.ended, twin.ended]);
    for (const { worker } of [liar, twin]) assert.ok(worker.hears("refused"));
    const view = (await cluster()).workers.filter(({ state }) => state === "quarantined");
    assert.deepEqual(
      view.map(({ name, reason }) => [name, reason]),
      [["olga", "it gave other bytes than two others"]],
    );
    assert.equal((await cluster()).slots, 8, "of the two that are believed");
    const again = await dial("olga");
    await again.ended;
    const refusal = again.worker.hears("refused");
    assert.ok(refusal?.type === "refused" && refusal.reason === "it gave other bytes than two others");
    const listed = await cli.call(["worker", "list"]);
    assert.match(
      listed.stdout,
      new RegExp(
        `it gave other bytes than two others \\(o\\w+, o\\w+\\) at task \\d+ of ${job.id}, \\d+s ago`,
      ),
    );
    const refused = await cli.call(["worker", "release", "oskar"]);
    assert.match(refused.stderr, /There is no worker oskar in quarantine/);
    const released = await cli.call(["worker", "release", "olga"]);
    assert.deepEqual([released.status, released.stdout], [0, "worker/olga may connect again\n"]);
    const audited = await cli.call(["audit"]);
    assert.match(audited.stdout, /release +worker\/shop\/olga/);
    const back = await dial("olga");
    await until("it is welcome", () => back.worker.hears("welcome"));
    assert.ok((await cluster()).workers.every(({ state }) => state !== "quarantined"));
    await leaveAll();
  });

  it("has so many connections of one person and no more, closes one that says nothing, and reads one that says too much slowly", async () => {
    const silent = await dialIn(center, tokens.get("vera") ?? "", {});
    open.push(silent);
    for (let count = 1; count < workersPerCaller; count += 1) await dial("vera", { name: `vera-${count}` });
    await assert.rejects(dial("vera"), (error) => error instanceof UpgradeRefused && error.status === 503);
    const { worker } = await dial("olga");
    await until("it is welcome", () => worker.hears("welcome"));
    const began = performance.now();
    for (let count = 0; count < 15_000; count += 1) worker.say({ type: "want", leases: 0 });
    worker.say({ type: "addresses", id: 1, job: "none", get: [], put: [] });
    await until("it is answered", () => worker.hears("addresses"));
    assert.ok(performance.now() - began > 900, "10,000 messages at once, then 5,000 a second");
    assert.equal((await silent.ended).code, 1000);
    await dial("vera");
    await leaveAll();
  });
});
