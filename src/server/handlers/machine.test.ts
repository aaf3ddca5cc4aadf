import assert from "node:assert/strict";
import { test } from "node:test";
import { fixedRoutes } from "#api/routes.ts";
import type { HostProcess } from "#control/machine/host-probe.ts";
import { systemClock } from "#lib/clock.ts";
import { hostProbe } from "#main/control/host.ts";
import { startDataCenter } from "#test/support/data-center.ts";

test("processes come by processor or by memory, and the limit cuts what is least of it", async () => {
  // Two readings are taken: in the second, the small process has worked and the large one has not.
  const readings = [
    [processOf(1, { cpuTicks: 100, rssBytes: 10 }), processOf(2, { cpuTicks: 100, rssBytes: 9_000 })],
    [processOf(1, { cpuTicks: 120, rssBytes: 10 }), processOf(2, { cpuTicks: 100, rssBytes: 9_000 })],
  ];
  const processes = () => (readings.length > 1 ? readings.shift() : readings[0]) ?? [];
  await using dc = await startDataCenter({ host: { ...hostProbe(systemClock), groups: [], processes } });
  const pids = async (sort: "cpu" | "memory", limit: number) => {
    const { items } = await dc.local.call(fixedRoutes["machine.processes"], {
      params: { name: "test-host" },
      query: { sort, limit },
    });
    return items.map(({ pid }) => pid);
  };
  assert.deepEqual(await pids("cpu", 10), [1, 2]);
  assert.deepEqual(await pids("memory", 10), [2, 1]);
  assert.deepEqual(await pids("memory", 1), [2]);
});

function processOf(pid: number, figures: Pick<HostProcess, "cpuTicks" | "rssBytes">): HostProcess {
  return { pid, startTicks: 1, user: "root", name: "x", state: "S", command: "x", ...figures };
}
