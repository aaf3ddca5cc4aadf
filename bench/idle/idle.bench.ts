import { cpuSeconds, processTree, proportionalBytes, residentBytes } from "#bench/support/processes.ts";
import { median, spread } from "#bench/support/statistics.ts";
import { startRealDataCenter } from "#test/support/real-data-center.ts";
import { setTimeout as sleep } from "node:timers/promises";

/** What a data center costs that nobody uses: resident memory and CPU, after it has settled. */
const settleMs = 15_000;
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const roundMs = 10_000;
const mebibyte = 1024 * 1024;

await using center = await startRealDataCenter();
await center.ready(60_000);
await sleep(settleMs);

const cpu: number[] = [];
const pss: number[] = [];
const rss: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  const pids = processTree(center.supervisorPid() ?? 0);
  const before = cpuSeconds(pids);
  const began = performance.now();
  await sleep(roundMs);
  cpu.push(((cpuSeconds(pids) - before) * 100_000) / (performance.now() - began));
  pss.push(proportionalBytes(pids) / mebibyte);
  rss.push(residentBytes(pids) / mebibyte);
}
const parts = await center.parts();
for (const part of parts) {
  const pids = part.pid === undefined ? [] : processTree(part.pid);
  console.error(
    `${part.name}: ${(proportionalBytes(pids) / mebibyte).toFixed(0)} MiB in ${pids.length} processes`,
  );
}
console.log(
  `median (lowest–highest) of ${rounds} rounds of ${roundMs / 1000} s\n\n| figure | whole data center |\n|---|---|`,
);
console.log(`| resident, shared pages counted once (PSS), MiB | ${spread(pss)} |`);
console.log(`| resident, shared pages counted in every process (RSS), MiB | ${spread(rss)} |`);
console.log(`| CPU, percent of one core | ${spread(cpu, 2)} |`);
if (median(pss) > 450 || median(cpu) > 2) console.log("\nover the budget of 450 MiB and 2 %");
