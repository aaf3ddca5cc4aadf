import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import type { Cookie } from "playwright-core";
import type { Cluster, Job } from "#api/burst.ts";
import type { JobGraph } from "#burst/graph.ts";
import { webAssembly } from "#burst/kernel/web-assembly.ts";
import { instanceKind, type InstanceStatus } from "#api/kinds/instance.ts";
import { appKind, type AppStatus } from "#api/kinds/app.ts";
import { planKind } from "#api/kinds/plan.ts";
import { projectKind } from "#api/kinds/project.ts";
import {
  consoleDirectory,
  newPage,
  pageFindings,
  startBrowser,
  withoutChromium,
} from "#test/support/browser.ts";
import { cliWorld, type CliWorld } from "#test/support/cli-call.ts";
import { joinToken } from "#test/support/join-token.ts";
import { startRealDataCenter, type RealDataCenter } from "#test/support/real-data-center.ts";
import { outputTable, tinyWasm } from "#test/support/tiny-wasm.ts";
import { waitFor } from "#test/support/wait-for.ts";

/** A pool of workers as an app of a whole data center: built, deployed, scaled, and one of its instances killed in the middle of a job. */
const example = fileURLToPath(new URL("../../examples/burst-pool", import.meta.url));
let center: RealDataCenter;
let cli: CliWorld;

before(async () => {
  await promisify(execFile)(process.execPath, [join(example, "build.ts")]);
  if (withoutChromium === false) await consoleDirectory();
  center = await startRealDataCenter();
  await center.ready(120_000);
  cli = cliWorld({ socketPath: join(center.directory, "run", "control.sock"), local: true });
});
after(async () => {
  cli[Symbol.dispose]();
  await center[Symbol.asyncDispose]();
});

async function vdc(...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await cli.call(words);
  assert.equal(status, 0, `vdc ${words.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

const cluster = async (): Promise<Cluster> =>
  await center.client.call(center.client.routes["burst.cluster"], {});

const workersAre = async (count: number) =>
  await waitFor(
    async () => {
      const { workers } = await cluster();
      const here = workers.filter(({ state }) => state === "working" || state === "idle");
      return here.length === count ? here : undefined;
    },
    { withinMs: 120_000, what: `${count} workers are connected` },
  );

/** Turns of the loop below: some tenths of a second. */
const turns = 150_000_000;

/** A kernel that counts down and gives four bytes. */
function countingKernel(): Uint8Array<ArrayBuffer> {
  const leb = (value: number): number[] =>
    value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...leb(value >> 7)];
  const count = [0x41, ...leb(turns), 0x21, 1, 0x03, 0x40, 0x20, 1, 0x41, 1, 0x6b, 0x22, 1, 0x0d, 0, 0x0b];
  return tinyWasm({
    run: [...count, 0x41, ...leb(1024)],
    data: outputTable([{ address: 1024, length: 4 }]),
  });
}

async function pushKernels(name: string): Promise<string> {
  const folder = join(cli.home, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "kernel.wasm"), countingKernel());
  const functions = { run: { file: "kernel.wasm", memoryBytes: 1024 ** 2, memo: false } };
  const source = { name, version: "1.0.0", level: "wasm", functions };
  writeFileSync(join(folder, "kernels.json"), JSON.stringify(source));
  return (await vdc("kernels", "push", folder)).trim();
}

/** How many calls of the kernel keep one core of this machine busy for so long: machines differ by ten times. */
function tasksThatTake(ms: number): number {
  const module = new webAssembly.Module(countingKernel());
  const run = new webAssembly.Instance(module, {}).exports["run"] as () => number; // as `tinyWasm` exports it
  const calls = 5;
  const started = performance.now();
  for (let call = 0; call < calls; call++) run();
  return Math.ceil((ms * calls) / (performance.now() - started));
}

async function startJob(packageHash: string, tasks: number): Promise<Job> {
  const task = { fn: "run", inputs: [], outputs: 1, cost: 300, memoryBytes: 1024 ** 2, outputBytes: 4 };
  const graph: JobGraph = {
    package: packageHash,
    tasks: Array.from({ length: tasks }, (_, index) => ({ ...task, args: [index], stage: "count" })),
    results: [{ name: "last", from: { task: tasks - 1, output: 0 } }],
  };
  const { client } = center;
  const params = { project: "default" };
  const file = new Blob([Uint8Array.from(gzipSync(JSON.stringify(graph)))]);
  const sent = await client.call(client.routes["burst.put-graph"], { params, file });
  return await client.call(client.routes["job.create"], {
    params,
    body: { title: "count", graph: sent.graph },
  });
}

const jobNow = async (job: string): Promise<Job> =>
  await center.client.call(center.client.routes["job.get"], { params: { project: "default", job } });

test("a pool that is an app works with as many workers as it has instances, and loses nothing with one of them", async () => {
  const plan = {
    currency: "USD",
    includedCores: 1_000, // of the reference core: no bound on whatever machine
    includedMemoryBytes: 1024 ** 3,
    pricePerCoreSecond: "0.00001",
    pricePerGibSecond: "0",
    maxBurstSlots: 32,
  };
  await center.client.apply(planKind, { name: "wide", spec: plan });
  await center.client.patch(projectKind, { name: "default" }, { spec: { plan: "wide" } });
  const packageHash = await pushKernels("org.example.count");
  const token = join(cli.home, "join-token");
  writeFileSync(token, await joinToken(center), { mode: 0o600 });

  await vdc("deploy", example, "--name", "pool", "--set-secret", `token=@${token}`);
  assert.equal((await workersAre(1)).length, 1);
  await vdc("scale", "pool", "worker=2");
  const workers = await workersAre(2);
  assert.deepEqual(
    workers.map(({ trust, project, kind }) => ({ trust, project, kind })),
    workers.map(() => ({ trust: "own", project: "default", kind: "agent" })),
  );

  const tasks = tasksThatTake(12_000);
  const { id } = await startJob(packageHash, tasks);
  await waitFor(async () => ((await jobNow(id)).done >= 4 ? true : undefined), {
    withinMs: 60_000,
    what: "the job has begun",
  });
  const both = (await cluster()).workers;
  assert.ok(
    both.every(({ running }) => running > 0),
    "both have tasks",
  );
  await killOne();
  const ended = await waitFor(
    async () => {
      const job = await jobNow(id);
      return job.finishedAt === undefined ? undefined : job;
    },
    { withinMs: 240_000, what: "the job ends" },
  );
  assert.deepEqual([ended.state, ended.done], ["succeeded", tasks], ended.reason ?? "");
});

test("a pool grows when a job arrives, and shrinks without losing a task when it has ended", async () => {
  const packageHash = await pushKernels("org.example.grown");
  const quickly = { replicas: null, scale: { min: 1, max: 3, drainSeconds: 1, keepSeconds: 5 } };
  await center.client.patch(
    appKind,
    { project: "default", name: "pool" },
    { spec: { components: { worker: quickly } } },
  );
  await workersAre(1);

  const tasks = tasksThatTake(50_000);
  const { id } = await startJob(packageHash, tasks);
  await workersAre(3);
  const grown = await pool();
  assert.deepEqual([grown.wanted, grown.min, grown.max], [3, 1, 3]);
  assert.match(
    grown.reason,
    /^\d+ core-seconds wait, which should be done in 1 s; \d+ would be needed, and 3 is the most\.$/,
  );
  await waitFor(
    async () => ((await cluster()).workers.every(({ running }) => running > 0) ? true : undefined),
    {
      withinMs: 60_000,
      what: "all three have tasks",
    },
  );
  const ended = await waitFor(
    async () => {
      const job = await jobNow(id);
      return job.finishedAt === undefined ? undefined : job;
    },
    { withinMs: 240_000, what: "the job ends" },
  );
  assert.deepEqual([ended.state, ended.done], ["succeeded", tasks], ended.reason ?? "");
  assert.equal(
    ended.stages.reduce((sum, { failed }) => sum + failed, 0),
    0,
    "no task was lost with a worker",
  );
  await workersAre(1);
  assert.equal((await pool()).reason, "No work has waited for 5 s.");

  const listed = await vdc("worker", "pools");
  assert.match(listed, /default +pool\/worker +1 +1 +1 +3 .*No work has waited for 5 s\./);
  const { items } = await center.client.call(center.client.routes["event.list"], {
    query: { project: "default", kind: "app", name: "pool" },
  });
  const told = items.filter(({ type }) => type === "app.pool-sized").map(({ message }) => message);
  assert.match(told.at(-1) ?? "", /^Pool pool\/worker goes from 1 to \d/, told.join());
  assert.match(told[0] ?? "", /^Pool pool\/worker goes from \d to 1: No work has waited/, told.join());
});

test(
  "the console shows a pool with its bounds, and why it has the size that it has",
  { skip: withoutChromium },
  async () => {
    const { client } = center;
    await client.call(client.routes["user.create"], { body: { name: "vera", title: "", owner: true } });
    const { secret } = await client.call(client.routes["user.link"], { params: { user: "vera" } });
    const browser = await startBrowser();
    let cookies: readonly Cookie[] = [];
    try {
      for (const width of [1280, 390]) {
        const { page } = await newPage(browser, center.url, { viewport: { width, height: 844 } });
        page.setDefaultTimeout(60_000);
        const headers = { origin: center.url };
        if (width === 1280) await page.request.post("/v1/auth/link", { data: { secret }, headers });
        else await page.context().addCookies([...cookies]);
        cookies = await page.context().cookies();
        await page.goto("/burst");
        const row = page.getByRole("row", { name: /pool\/worker/ });
        await row.getByText("1 to 3").waitFor();
        await row.getByText("No work has waited for 5 s.").waitFor();
        assert.deepEqual(await pageFindings(page), []);
        const folder = process.env["VDC_SHOTS"];
        if (folder !== undefined)
          await page.screenshot({ path: join(folder, `pool-${width}.png`), fullPage: true });
      }
    } finally {
      await browser.close();
    }
  },
);

async function pool() {
  const { status } = await center.client.get(appKind, { project: "default", name: "pool" });
  const found = (status as AppStatus).pools?.[0]; // as the kind's schema says
  assert.ok(found !== undefined, "the app tells of its pool");
  return found;
}

/** As the kernel would for want of memory. */
async function killOne(): Promise<void> {
  const { items } = await center.client.list(instanceKind, { project: "default" });
  const pid = items.map(({ status }) => (status as InstanceStatus).pid).find((found) => found !== undefined); // as the kind's schema says
  assert.ok(pid !== undefined, "an instance has a process");
  process.kill(pid, "SIGKILL");
}
