import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { cpuSeconds, processTree } from "#bench/support/processes.ts";
import { median, spread } from "#bench/support/statistics.ts";
import { freePort } from "#test/support/free-port.ts";
import { closedLoop } from "./closed-loop.ts";
import { ceph } from "./peers/ceph.ts";
import { minio } from "./peers/minio.ts";
import type { Peer } from "./peers/peer.ts";
import { s3rver } from "./peers/s3rver.ts";
import { vdc } from "./peers/vdc.ts";
import { versitygw } from "./peers/versitygw.ts";
import { prepare, scenarios, verify, type Scenario } from "./scenario.ts";

/**
 * Our object store and its peers, on the same drives, in turns, in one run. Load and services share the machine. Between turns the machine's dirty pages are
 * written, outside of the measured time: who never syncs gets that for nothing.
 */
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const seconds = Number(process.env["BENCH_SECONDS"] ?? 5);
const keyCount = Number(process.env["BENCH_KEYS"] ?? 20_000);
const only = process.env["BENCH_PEERS"]?.split(",");
const lines = process.env["BENCH_LINES"]?.split(",");

const root = mkdtempSync(join(process.env["BENCH_DIRECTORY"] ?? tmpdir(), "bench-objects-"));
await using running = new AsyncDisposableStack();
running.defer(() => rmSync(root, { recursive: true, force: true }));
const drives =
  process.env["BENCH_DRIVES"]?.split(delimiter).map((drive) => mkdtempSync(join(drive, "bench-objects-"))) ??
  Array.from({ length: 6 }, (_, index) => join(root, `drive-${index}`));
running.defer(() => {
  for (const drive of drives) rmSync(drive, { recursive: true, force: true });
});

const peers = await startPeers(running);
if (peers.length === 0) throw new Error("there is no service to measure");
console.log(
  `${cpus().length} cores, ${drives.length} drives (${fileSystems()}), load ${loadavg()[0]?.toFixed(1)}`,
);
console.log("\n| service | 200 to a PUT means |\n|---|---|");
for (const { name, durability } of peers) console.log(`| ${name} | ${durability} |`);
let turn = 0;
for (const [index, scenario] of scenarios(keyCount, () => `turn-${turn}`).entries())
  if (lines === undefined || lines.includes(String(index + 1))) await measure(scenario);

interface Figures {
  readonly rate: number[];
  readonly cpuMs: number[];
  readonly p50: number[];
  readonly p99: number[];
  readonly loadShare: number[];
  failures: number;
  reason?: string;
}

async function measure(scenario: Scenario): Promise<void> {
  const figures = new Map<string, Figures>();
  // Round 0 is not counted: it warms up connections, caches and compilers.
  for (let round = 0; round <= rounds; round += 1)
    for (const peer of peers) {
      turn += 1;
      execFileSync("sync");
      const pids = peer.pids.flatMap(processTree);
      const before = cpuSeconds(pids);
      const result = await closedLoop(peer, scenario, round === 0 ? seconds / 2 : seconds);
      const spent = cpuSeconds(pids) - before;
      if (round === 0) continue;
      const own = figures.get(peer.name) ?? {
        rate: [],
        cpuMs: [],
        p50: [],
        p99: [],
        loadShare: [],
        failures: 0,
      };
      figures.set(peer.name, own);
      own.rate.push(result.units / result.seconds);
      own.cpuMs.push((spent * 1000) / result.units);
      own.p50.push(result.p50Ms);
      own.p99.push(result.p99Ms);
      own.loadShare.push(result.loadShare);
      own.failures += result.failures;
      if (result.reason !== undefined) own.reason ??= result.reason;
    }
  report(scenario, figures);
}

function report({ name, clients, unit }: Scenario, figures: ReadonlyMap<string, Figures>): void {
  const first = median([...figures.values()][0]?.rate ?? []);
  console.log(
    `\n${name}, ${clients} clients, ${rounds} rounds of ${seconds} s; load ${loadavg()[0]?.toFixed(1)}`,
  );
  console.log(
    `| service | ${unit}/s | first is x faster | CPU ms per ${unit} | p50 ms | p99 ms | failures | load tool, cores |`,
  );
  console.log("|---|---|---|---|---|---|---|---|");
  for (const [peer, { rate, cpuMs, p50, p99, loadShare, failures }] of figures) {
    const digits = unit === "key" ? 4 : 2;
    console.log(
      `| ${peer} | ${spread(rate)} | ${(first / median(rate)).toFixed(2)} | ${median(cpuMs).toFixed(digits)} | ${median(p50).toFixed(2)} | ${median(p99).toFixed(2)} | ${failures} | ${median(loadShare).toFixed(2)} |`,
    );
  }
  for (const [peer, { reason }] of figures) if (reason !== undefined) console.log(`${peer}: ${reason}`);
}

async function startPeers(stack: AsyncDisposableStack): Promise<readonly Peer[]> {
  const started: Peer[] = [];
  for (const starter of [vdc, minio, versitygw, ceph, s3rver]) {
    if (only !== undefined && !only.includes(starter.name)) continue;
    const program = starter.find();
    if (program === undefined) {
      console.log(`${starter.name} is absent: ${starter.absent}`);
      continue;
    }
    const folder = (drive: string) => {
      const path = join(drive, starter.name);
      mkdirSync(path, { recursive: true });
      return path;
    };
    const settings = {
      port: await freePort(),
      drives: drives.map(folder),
      directory: folder(join(root, "own")),
    };
    try {
      const peer = stack.use(await starter.start(program, settings));
      await prepare(peer, keyCount);
      await verify(peer);
      started.push(peer);
    } catch (error) {
      console.log(`${starter.name} is left out, because it failed:`, error);
    }
  }
  return started;
}

function fileSystems(): string {
  const words = ["--output=fstype,source", ...drives];
  const rows = execFileSync("df", words, { encoding: "utf8" }).trim().split("\n").slice(1);
  return [...new Set(rows.map((row) => row.trim().replaceAll(/\s+/g, " ")))].join(", ");
}
