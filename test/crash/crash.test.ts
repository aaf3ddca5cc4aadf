import assert from "node:assert/strict";
import { test } from "node:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "#api/client.ts";
import { projectKind } from "#api/kinds/project.ts";
import type { Operation } from "#api/records.ts";
import { fixedRoutes } from "#api/routes.ts";
import { startWatcher, type Seen, type Watcher } from "#test/crash/watchers.ts";
import { startWriters, type Acknowledged } from "#test/crash/writers.ts";
import { startRealDataCenter, type RealDataCenter } from "#test/support/real-data-center.ts";
import { waitFor } from "#test/support/wait-for.ts";

const rounds = Number(process.env["VDC_CRASH_ROUNDS"] ?? 300);
const victims = ["control", "postgres", "supervisor", "all"] as const;

test(`after ${rounds} rounds of kill -9 every acknowledged write is there, no watcher has a gap or a duplicate, and the audit chain is intact`, async (context) => {
  await using center = await startRealDataCenter();
  await center.ready(60_000);
  const since = (await center.client.list(projectKind, { limit: 1 })).revision;
  const watchers = Array.from({ length: 4 }, () => startWatcher(center.newClient(), since));
  const writers = startWriters(center.newClient(), 6);
  let slowestMs = 0;
  try {
    for (let round = 0; round < rounds; round += 1) {
      const victim = victims[round % victims.length] ?? "all";
      const before = writers.acknowledged.length;
      await waitFor(() => writers.acknowledged.length >= before + 10 || undefined, {
        withinMs: 30_000,
        what: `the load writes in round ${round}; ${center.output()}`,
      });
      const killedAt = performance.now();
      await killAndRecover(center, victim);
      slowestMs = Math.max(slowestMs, performance.now() - killedAt);
    }
    await waitForMore(writers.acknowledged);
  } finally {
    await writers.stop();
  }
  const end = (await center.client.list(projectKind, { limit: 1 })).revision;
  await waitForWatchers(watchers, end);
  await Promise.all(watchers.map(async (watcher) => watcher.stop()));
  context.diagnostic(
    `${writers.acknowledged.length} acknowledged, ${writers.refused()} refused, ${watchers[0]?.connections()} connections of a watcher, slowest recovery ${Math.round(slowestMs)} ms`,
  );
  const log = await replay(center.client, since, end);
  assertEveryAcknowledgedWriteIsThere(writers.acknowledged, log);
  await assertNewestStateIsTheLogs(center.client, log);
  for (const watcher of watchers)
    assertSameSequence(
      watcher.seen.filter((seen) => seen.revision <= end),
      log,
    );
  const verified = await verifyAudit(center.client);
  assert.equal(verified.state, "succeeded", JSON.stringify(verified.error));
});

/** Kills, and waits until the data center answers again with a process of its own in every killed place. */
async function killAndRecover(center: RealDataCenter, victim: (typeof victims)[number]): Promise<void> {
  const parts = await waitFor(async () => center.parts().catch(() => undefined), {
    withinMs: 20_000,
    what: `the supervisor tells its parts; ${center.output()}`,
  });
  const pidOf = (name: string) => parts.find((part) => part.name === name)?.pid;
  const pids = {
    control: [pidOf("control")],
    postgres: [postmasterPid(center.directory)],
    supervisor: [center.supervisorPid()],
  };
  const chosen = victim === "all" ? [...pids.supervisor, ...pids.control, ...pids.postgres] : pids[victim];
  for (const pid of chosen) if (pid !== undefined) kill(pid);
  if (victim === "supervisor" || victim === "all") center.up();
  await waitFor(async () => recovered(center, chosen), {
    withinMs: 60_000,
    what: `recovery after killing ${victim}; it said:\n${center.output()}`,
  });
}

async function recovered(
  center: RealDataCenter,
  dead: readonly (number | undefined)[],
): Promise<true | undefined> {
  const parts = await center.parts().catch(() => undefined); // the supervisor may be the one that is starting
  if (parts === undefined || parts.some((part) => part.state !== "ready" || dead.includes(part.pid)))
    return undefined;
  const answer = await center.client.list(projectKind, { limit: 1 }).catch(() => undefined); // control may be starting
  return answer === undefined ? undefined : true;
}

function postmasterPid(directory: string): number {
  return Number(readFileSync(join(directory, "postgres", "data", "postmaster.pid"), "utf8").split("\n")[0]);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It went by itself when its supervisor died a moment ago: dead is what was wanted.
  }
}

async function waitForMore(acknowledged: readonly Acknowledged[]): Promise<void> {
  const before = acknowledged.length;
  await waitFor(() => acknowledged.length > before + 20 || undefined, {
    withinMs: 30_000,
    what: "writes go on after the last round",
  });
}

async function waitForWatchers(watchers: readonly Watcher[], end: number): Promise<void> {
  await waitFor(() => watchers.every((watcher) => watcher.revision() >= end) || undefined, {
    withinMs: 60_000,
    what: `every watcher reaches revision ${end}`,
  });
}

/** The log once more, on a fresh connection, from the beginning. */
async function replay(client: Client, since: number, end: number): Promise<readonly Seen[]> {
  const watcher = startWatcher(client, since);
  await waitForWatchers([watcher], end);
  await watcher.stop();
  return watcher.seen.filter((seen) => seen.revision <= end);
}

function assertEveryAcknowledgedWriteIsThere(
  acknowledged: readonly Acknowledged[],
  log: readonly Seen[],
): void {
  const byRevision = new Map(log.map((seen) => [`${seen.name}@${seen.revision}`, seen]));
  for (const write of acknowledged) {
    const found = byRevision.get(`${write.name}@${write.revision}`);
    assert.equal(
      found?.description,
      String(write.counter),
      `acknowledged ${JSON.stringify(write)} is in the log`,
    );
  }
}

async function assertNewestStateIsTheLogs(client: Client, log: readonly Seen[]): Promise<void> {
  const newest = new Map(log.map((seen) => [seen.name, seen.description]));
  for (const [name, description] of newest) {
    const resource = await client.get(projectKind, { name });
    assert.equal(resource.spec["description"], description, `the newest state of ${name} is the log's last`);
  }
}

/** Status writes of reconcilers are changes too, so a watcher's sequence is compared whole with the log's. */
function assertSameSequence(seen: readonly Seen[], log: readonly Seen[]): void {
  assert.deepEqual(
    seen.map((one) => one.revision),
    log.map((one) => one.revision),
    "a watcher's revisions are the log's: no gap, no duplicate, in order",
  );
}

async function verifyAudit(client: Client): Promise<Operation> {
  const begun = await client.call(fixedRoutes["audit.verify"]);
  return waitFor(
    async () => {
      const operation = await client.call(fixedRoutes["operation.get"], { params: { operation: begun.id } });
      return operation.state === "running" ? undefined : operation;
    },
    { withinMs: 300_000, what: "the audit chain is verified" },
  );
}
