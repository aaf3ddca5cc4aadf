import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";
import { cpuSeconds, processTree } from "#bench/support/processes.ts";
import { median, spread } from "#bench/support/statistics.ts";
import { freePort } from "#test/support/free-port.ts";
import { h2load, wrk, type Load } from "./load.ts";
import { startCaddy } from "./peers/caddy.ts";
import { startHaproxy } from "./peers/haproxy.ts";
import { originConfiguration, startNginx } from "./peers/nginx.ts";
import { startHttpxy, startUndiciProxy } from "./peers/node-proxies.ts";
import { stopChild, type Peer, type PeerSettings } from "./peers/peer.ts";
import { startVdcGateway } from "./peers/vdc.ts";

/**
 * CPU for each request, and latency, of our gateway and its peers in front of the same origin: each proxy has one
 * process or thread, pinned to core 0; load and origin run on core 1. In turns, several rounds, one run.
 */
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const seconds = Number(process.env["BENCH_SECONDS"] ?? 4);
const only = process.env["BENCH_PEERS"]?.split(",");

interface Scenario {
  readonly name: string;
  readonly unit: "request" | "MiB";
  readonly usesTls: boolean;
  run(peer: Peer): Promise<Load>;
}

const scenarios: readonly Scenario[] = [
  {
    name: "small GET, keep-alive, 64 connections",
    unit: "request",
    usesTls: false,
    run: async (peer) => await wrk(`http://127.0.0.1:${peer.httpPort}/small`, { connections: 64, seconds }),
  },
  {
    name: "256 KiB GET, keep-alive, 16 connections",
    unit: "MiB",
    usesTls: false,
    run: async (peer) => await wrk(`http://127.0.0.1:${peer.httpPort}/large`, { connections: 16, seconds }),
  },
  {
    name: "small GET, one connection (added latency)",
    unit: "request",
    usesTls: false,
    run: async (peer) => await wrk(`http://127.0.0.1:${peer.httpPort}/small`, { connections: 1, seconds }),
  },
  {
    name: "TLS, small GET, keep-alive, 64 connections",
    unit: "request",
    usesTls: true,
    run: async (peer) => await wrk(`https://127.0.0.1:${peer.tlsPort}/small`, { connections: 64, seconds }),
  },
  {
    name: "HTTP/2 over TLS, small GET, 8 connections x 8 streams",
    unit: "request",
    usesTls: true,
    run: async (peer) =>
      await h2load(`https://127.0.0.1:${peer.tlsPort}/small`, { connections: 8, streams: 8, seconds }),
  },
];

const root = mkdtempSync(join(tmpdir(), "bench-gateway-"));
chmodSync(root, 0o755); // nginx's worker has an account of its own
await using running = new AsyncDisposableStack();
running.defer(() => rmSync(root, { recursive: true, force: true }));
const files = await startOrigin();
running.defer(async () => await stopChild(files.child));
const peers = await startPeers(running);
const direct = {
  name: "direct",
  pid: 0,
  httpPort: files.port,
  [Symbol.asyncDispose]: async () => undefined,
};
for (const scenario of scenarios) await measure(scenario, peers, direct);

async function measure(scenario: Scenario, all: readonly Peer[], origin: Peer): Promise<void> {
  const usable = all.filter((peer) => !scenario.usesTls || peer.tlsPort !== undefined);
  const figures = new Map<string, { cpu: number[]; p50: number[]; p99: number[]; rate: number[] }>();
  // Round 0 is not counted: it warms up connections, caches and compilers.
  for (let round = 0; round <= rounds; round += 1) {
    for (const peer of [...usable, ...(scenario.usesTls ? [] : [origin])]) {
      const pids = peer.pid === 0 ? [] : processTree(peer.pid);
      const before = cpuSeconds(pids);
      const load = await scenario.run(peer);
      const spent = (cpuSeconds(pids) - before) * 1e6;
      if (load.failures > 0 || load.requests === 0)
        throw new Error(
          `${peer.name}, ${scenario.name}: ${load.failures} of ${load.requests} requests failed`,
        );
      if (round === 0) continue;
      const units = scenario.unit === "MiB" ? load.requests / 4 : load.requests;
      const own = figures.get(peer.name) ?? { cpu: [], p50: [], p99: [], rate: [] };
      figures.set(peer.name, own);
      own.cpu.push(spent / units);
      own.p50.push(load.p50Ms);
      own.p99.push(load.p99Ms);
      own.rate.push(load.requests / load.seconds);
    }
  }
  report(scenario, figures);
}

function report(
  scenario: Scenario,
  figures: ReadonlyMap<string, { cpu: number[]; p50: number[]; p99: number[]; rate: number[] }>,
): void {
  const haproxy = median(figures.get("HAProxy")?.cpu ?? []);
  console.log(`\n${scenario.name}, ${rounds} rounds of ${seconds} s; load ${loadavg()[0]?.toFixed(1)}`);
  console.log(`| proxy | CPU µs per ${scenario.unit} | x HAProxy | p50 ms | p99 ms | requests/s |`);
  console.log("|---|---|---|---|---|---|");
  for (const [name, { cpu, p50, p99, rate }] of figures) {
    const ratio = name === "direct" ? "–" : (median(cpu) / haproxy).toFixed(2);
    const spent = name === "direct" ? "–" : spread(cpu, 1);
    const times = [p50, p99].map((values) =>
      Number.isNaN(median(values)) ? "–" : median(values).toFixed(2),
    );
    console.log(`| ${name} | ${spent} | ${ratio} | ${times.join(" | ")} | ${median(rate).toFixed(0)} |`);
  }
}

async function startOrigin() {
  const directory = join(root, "origin");
  mkdirSync(join(directory, "files"), { recursive: true });
  writeFileSync(join(directory, "files", "small"), "x".repeat(128));
  writeFileSync(join(directory, "files", "large"), Buffer.alloc(256 * 1024, "y"));
  const port = await freePort();
  const file = join(directory, "origin.conf");
  writeFileSync(file, originConfiguration(directory, port));
  const child = spawn("taskset", ["-c", "1", "nginx", "-p", directory, "-c", file], { stdio: "ignore" });
  return { child, port };
}

async function startPeers(stack: AsyncDisposableStack): Promise<readonly Peer[]> {
  const pem = await generate([{ name: "commonName", value: "localhost" }], { keyType: "ec", curve: "P-256" });
  const tls = { cert: join(root, "tls.crt"), key: join(root, "tls.key"), both: join(root, "tls.pem") };
  writeFileSync(tls.cert, pem.cert);
  writeFileSync(tls.key, pem.private, { mode: 0o600 });
  writeFileSync(tls.both, `${pem.cert}\n${pem.private}`, { mode: 0o600 });
  const starters = {
    haproxy: startHaproxy,
    vdc: startVdcGateway,
    nginx: startNginx,
    caddy: startCaddy,
    undici: startUndiciProxy,
    httpxy: startHttpxy,
  };
  const started: Peer[] = [];
  for (const [name, start] of Object.entries(starters)) {
    if (only !== undefined && !only.includes(name)) continue;
    const directory = join(root, name);
    mkdirSync(directory);
    const settings: PeerSettings = {
      originPort: files.port,
      directory,
      tls,
      httpPort: await freePort(),
      tlsPort: await freePort(),
    };
    started.push(stack.use(await start(settings)));
  }
  return started;
}
