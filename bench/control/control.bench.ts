import { cpuSeconds } from "#bench/support/processes.ts";
import { startEtcd } from "#bench/support/etcd.ts";
import { runLoad } from "#bench/support/load.ts";
import { median, spread } from "#bench/support/statistics.ts";
import { startRealDataCenter } from "#test/support/real-data-center.ts";
import { etcdTarget } from "./etcd-target.ts";
import type { Target } from "./target.ts";
import { vdcTarget } from "./vdc-target.ts";

/**
 * Durable writes, lists and watches of the control plane against etcd with the same durability, in one run, in
 * turns. The callers run in this process and share the machine's cores with the servers.
 */
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const clients = 16;
const resources = 10_000;
const watchers = 100;
const changes = 1_000;

interface Round {
  readonly putsPerSecond: number;
  readonly putP50Ms: number;
  readonly putP99Ms: number;
  readonly cpuMsPerPut: number;
  readonly listMs: number;
  readonly watchMs: number;
}

await using center = await startRealDataCenter();
await center.ready(60_000);
await using etcd = await startEtcd();
const targets = [await vdcTarget(center), etcdTarget(etcd)];
const results = new Map<string, Round[]>(targets.map((target) => [target.name, []]));

for (const target of targets) await fill(target);
for (let round = 0; round < rounds; round += 1) {
  for (const target of targets) {
    const figures = await measure(target, round);
    results.get(target.name)?.push(figures);
    console.error(
      `round ${round + 1} ${target.name}: ${Object.entries(figures)
        .map(([name, value]) => `${name} ${value.toFixed(2)}`)
        .join(", ")}`,
    );
  }
}
report();

/** So that every list has 10,000 entries. */
async function fill(target: Target): Promise<void> {
  const connections = Array.from({ length: clients }, () => target.connect());
  await Promise.all(
    connections.map(async (connection, client) => {
      for (let at = client; at < resources; at += clients) await target.put(connection, `p${at}`, 0);
    }),
  );
  for (const connection of connections) connection[Symbol.dispose]();
}

async function measure(target: Target, round: number): Promise<Round> {
  const connections = Array.from({ length: clients }, () => target.connect());
  const cpuBefore = cpuSeconds(target.pids());
  let calls = 0;
  const load = await runLoad({
    clients,
    warmUpMs: 1_000,
    durationMs: 5_000,
    call: async (client, sequence) => {
      const connection = connections[client];
      if (connection === undefined) throw new Error("each client has its connection");
      calls += 1;
      await target.put(
        connection,
        `p${(sequence * clients + client) % resources}`,
        round * 1_000_000 + sequence + 1,
      );
    },
  });
  const cpuMsPerPut = ((cpuSeconds(target.pids()) - cpuBefore) * 1000) / calls;
  const first = connections[0];
  if (first === undefined) throw new Error("there is a connection");
  const listBegan = performance.now();
  const listed = await target.listAll(first);
  const listMs = performance.now() - listBegan;
  if (listed < resources) throw new Error(`${target.name} listed ${listed} of ${resources}`);
  for (const connection of connections) connection[Symbol.dispose]();
  return {
    putsPerSecond: load.perSecond,
    putP50Ms: load.p50Ms,
    putP99Ms: load.p99Ms,
    cpuMsPerPut,
    listMs,
    watchMs: await measureWatch(target, round),
  };
}

/** From the first write until the last of the watchers has seen all of them. */
async function measureWatch(target: Target, round: number): Promise<number> {
  const watching = Array.from({ length: watchers }, () => target.connect());
  const watches = watching.map((connection) => target.watch(connection, changes));
  await Promise.all(watches.map(async (watch) => watch.started));
  const writing = Array.from({ length: clients }, () => target.connect());
  const began = performance.now();
  const writes = writing.map(async (connection, client) => {
    for (let at = client; at < changes; at += clients)
      await target.put(connection, `p${at}`, -(round * 1_000_000 + at + 1));
  });
  await Promise.all([...writes, ...watches.map(async (watch) => watch.done)]);
  const took = performance.now() - began;
  for (const connection of [...watching, ...writing]) connection[Symbol.dispose]();
  return took;
}

function report(): void {
  const rows: readonly (readonly [label: string, field: keyof Round, digits: number])[] = [
    [`applies/s, ${clients} clients`, "putsPerSecond", 0],
    ["apply p50, ms", "putP50Ms", 1],
    ["apply p99, ms", "putP99Ms", 1],
    ["server CPU, ms per apply", "cpuMsPerPut", 2],
    [`list of ${resources} by 500, ms`, "listMs", 0],
    [`${changes} changes to ${watchers} watchers, ms`, "watchMs", 0],
  ];
  console.log(
    `median (lowest–highest) of ${rounds} rounds\n\n| figure | vdc | etcd | vdc / etcd |\n|---|---|---|---|`,
  );
  for (const [label, field, digits] of rows) {
    const [ours, theirs] = targets.map((target) =>
      (results.get(target.name) ?? []).map((round) => round[field]),
    );
    if (ours === undefined || theirs === undefined) continue;
    console.log(
      `| ${label} | ${spread(ours, digits)} | ${spread(theirs, digits)} | ${(median(ours) / median(theirs)).toFixed(2)} |`,
    );
  }
}
