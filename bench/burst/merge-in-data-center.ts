import { spawn, type ChildProcess } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Job } from "#api/burst.ts";
import { planKind } from "#api/kinds/plan.ts";
import { projectKind } from "#api/kinds/project.ts";
import { cliWorld, type CliWorld } from "#test/support/cli-call.ts";
import { joinToken } from "#test/support/join-token.ts";
import { type RealDataCenter, startRealDataCenter } from "#test/support/real-data-center.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { hashOf, wholeGraph } from "./merge-graph.ts";

const kernels = fileURLToPath(new URL("../../examples/darkroom/dist/kernels", import.meta.url));
const launcher = fileURLToPath(new URL("../../vdc", import.meta.url));
const project = { project: "default" };
const patience = 120_000;

/** What each process held at most, as the kernel counted (`VmHWM`). */
export interface ProcessMemory {
  readonly seconds: number;
  readonly tasks: number;
  /** Process by process, in bytes. */
  readonly peaks: readonly { readonly name: string; readonly bytes: number }[];
}

/** Merges a bracket as a job of a whole data center, on workers that joined it with one slot each. */
export async function mergeInDataCenter(photos: readonly string[], slots: number): Promise<ProcessMemory> {
  await using center = await startRealDataCenter();
  await center.ready(patience);
  using cli = cliWorld({ socketPath: join(center.directory, "run", "control.sock"), local: true });
  const packageHash = await pushKernels(cli);
  await usePlan(center);
  const files = photos.map((file) => readFileSync(file));
  await sendBlobs(center, files);
  const token = join(cli.home, "join-token");
  writeFileSync(token, await joinToken(center), { mode: 0o600 });
  const workers = Array.from({ length: slots }, (_, index) => joinWorker(center, token, `bench-${index}`));
  try {
    const { client } = center;
    const file = new Blob([Uint8Array.from(gzipSync(JSON.stringify(wholeGraph(files, packageHash))))]);
    const { graph } = await client.call(client.routes["burst.put-graph"], { params: project, file });
    const body = { title: "7 × 24 MP", graph };
    const { id } = await client.call(client.routes["job.create"], { params: project, body });
    const job = await ended(center, id);
    if (job.state !== "succeeded") throw new Error(`the job ended as ${job.state}: ${job.reason}`);
    const parts = (await center.parts()).flatMap(({ name, pid }) =>
      name === "control" || name === "objects" ? [{ name, bytes: peakOf(pid) }] : [],
    );
    const peaks = workers.map(({ pid }, index) => ({ name: `worker ${index + 1}`, bytes: peakOf(pid) }));
    const seconds = (Date.parse(job.finishedAt ?? "") - Date.parse(job.createdAt)) / 1000;
    return { seconds, tasks: job.tasks, peaks: [...parts, ...peaks] };
  } finally {
    for (const worker of workers) worker.kill();
  }
}

/** As a developer of kernels does it. */
async function pushKernels(cli: CliWorld): Promise<string> {
  if (!existsSync(kernels)) throw new Error("Darkroom is not built: node examples/darkroom/build.ts");
  const folder = join(cli.home, "kernels");
  mkdirSync(folder);
  const text = readFileSync(join(kernels, "manifest.json"), "utf8");
  const { name, version, level, functions, files } = JSON.parse(text) as Record<string, object | string>; // of our own build
  for (const file of Object.keys(files ?? {})) copyFileSync(join(kernels, file), join(folder, file));
  writeFileSync(join(folder, "kernels.json"), JSON.stringify({ name, version, level, functions }));
  const { status, stdout, stderr } = await cli.call(["kernels", "push", folder]);
  if (status !== 0) throw new Error(`vdc kernels push: ${stderr}`);
  return stdout.trim();
}

async function usePlan({ client }: RealDataCenter): Promise<void> {
  const spec = {
    currency: "USD",
    includedCores: 1_000,
    includedMemoryBytes: 2 ** 40,
    pricePerCoreSecond: "0",
    pricePerGibSecond: "0",
    maxBurstSlots: 0,
  };
  await client.apply(planKind, { name: "bench", spec });
  await client.patch(projectKind, { name: "default" }, { spec: { plan: "bench" } });
}

async function sendBlobs({ client }: RealDataCenter, files: readonly Uint8Array[]): Promise<void> {
  for (const bytes of files) {
    const put = [{ blob: hashOf(bytes), bytes: bytes.length }];
    const body = { put, get: [] };
    const [to] = (await client.call(client.routes["burst.blobs"], { params: project, body })).put;
    if (to?.url === undefined) continue;
    const headers = to.headers ?? {};
    const { ok, status } = await fetch(to.url, { method: "PUT", headers, body: Uint8Array.from(bytes) });
    if (!ok) throw new Error(`a photo was refused with ${status}`);
  }
}

function joinWorker({ url }: RealDataCenter, token: string, name: string): ChildProcess {
  const words = ["join", url, "--token-file", token, "--name", name, "--slots", "1", "--project", "default"];
  return spawn(launcher, words, {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

async function ended({ client }: RealDataCenter, job: string): Promise<Job> {
  const isOver = async (): Promise<Job | undefined> => {
    const now = await client.call(client.routes["job.get"], { params: { ...project, job } });
    return now.finishedAt === undefined ? undefined : now;
  };
  return await waitFor(isOver, { withinMs: 10 * patience, what: "the merge ends" });
}

function peakOf(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
