import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemActor } from "#api/actor.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { openTestStore, runSql } from "#test/support/store.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { processLease } from "../operations/interrupted.ts";
import { createReconcilerDriver } from "../reconcile/driver.ts";
import { batchesPerPass, batchRows, createHousekeepingReconciler, type Chore } from "./reconciler.ts";

const by = { actor: systemActor("test") };
const soon = (what: string) => ({ withinMs: 15_000, what });
const dayMs = 86_400_000;

describe("housekeeping", () => {
  it("cuts old changes, events, operations and credentials, and keeps what is young", async () => {
    await using shared = await openTestStore();
    const { resources, events, feed, leases, operations } = shared.store;
    await resources.apply({ kind: "project", name: "old", labels: {}, spec: {} }, { by });
    await events.emit([{ type: "test.happened", severity: "info", message: "long ago" }]);
    shared.advance(40 * dayMs);
    await events.emit([{ type: "test.happened", severity: "info", message: "just now" }]);
    const cut: Chore[] = [];
    let credentials = 2 * batchRows + 1;
    const reconciler = createHousekeepingReconciler({
      feed,
      events,
      operations,
      leases,
      pruneCredentials: async (batch) => {
        const gone = Math.min(batch, credentials);
        credentials -= gone;
        return await Promise.resolve(gone);
      },
      observer: { kept: () => undefined, cut: (chore, rows) => rows > 0 && cut.push(chore) },
    });
    const before = await feed.head();
    const ports = { clock: systemClock, random: systemRandom, log: silentLog };
    const limits = { leaseTtlMs: 600, minGapMs: 5 };
    await using driver = createReconcilerDriver({ reconciler, leases, feed, holder: "a", limits, ...ports });
    driver.start();
    await waitFor(() => (cut.length >= 3 ? true : undefined), soon("three chores with something to do"));
    assert.deepEqual(cut.toSorted(), ["changes", "credentials", "events"]);
    assert.equal(credentials, 0);
    const after = await feed.head();
    assert.equal(after.revision, before.revision);
    assert.ok(after.compacted > before.compacted && after.compacted < after.revision);
    const kept = await events.list({ limit: 10 });
    assert.ok(kept.every((event) => event.message !== "long ago"));
    assert.ok(kept.some((event) => event.message === "just now"));
    assert.ok(
      (await resources.get({ kind: "project", name: "old" })) !== undefined,
      "a resource is no change",
    );
  });

  it("does a bounded amount in a pass, says that it is behind, and comes again", async () => {
    await using shared = await openTestStore();
    const { feed, events, operations, leases } = shared.store;
    let statements = 0;
    const told: boolean[] = [];
    const reconciler = createHousekeepingReconciler({
      feed,
      events,
      operations,
      leases,
      pruneCredentials: async (batch) => {
        statements += 1;
        return await Promise.resolve(batch);
      },
      observer: { kept: () => undefined, cut: (_, __, behind) => void told.push(behind) },
    });
    const context = { fence: { lease: "x", epoch: 1 }, signal: new AbortController().signal, by };
    assert.equal(await reconciler.act({ do: "cut", chore: "credentials" }, context), "again");
    assert.equal(statements, batchesPerPass);
    assert.deepEqual(told, [true]);
  });

  it("removes the lease of a control process a day after it ran out, and never a reconciler's", async () => {
    await using shared = await openTestStore();
    const { feed, events, operations, leases } = shared.store;
    const names = [processLease("dead"), processLease("ended"), "reconciler/project", "reconciler/machine/a"];
    for (const name of names) await leases.acquire(name, "dead", 1);
    await leases.acquire(processLease("alive"), "alive", 60_000);
    // Leases go by the database's clock, which stands for itself: so their past is moved.
    const left = async (agedHours: number) => {
      const aged = `expires_at = now() - interval '${agedHours} hours' WHERE holder = 'dead' AND name <> 'control/ended'`;
      await runSql(shared.url, `UPDATE leases SET ${aged}`);
      await reconciler.act({ do: "cut", chore: "leases" }, context);
      return (await runSql(shared.url, "SELECT name FROM leases ORDER BY name")).map(({ name }) => name);
    };
    const pruneCredentials = () => Promise.resolve(0);
    const reconciler = createHousekeepingReconciler({ feed, events, operations, leases, pruneCredentials });
    const context = { fence: { lease: "x", epoch: 1 }, signal: new AbortController().signal, by };
    const all = [
      "control/alive",
      "control/dead",
      "control/ended",
      "reconciler/machine/a",
      "reconciler/project",
    ];
    assert.deepEqual(await left(23), all);
    assert.deepEqual(
      await left(25),
      all.filter((name) => name !== "control/dead"),
    );
  });
});
