import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemActor } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { openTestStore, type TestStore } from "#test/support/store.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { createReconcilerDriver, type DriverLimits, type ReconcilerDriver } from "./driver.ts";
import type { ActContext, Reconciler } from "./reconciler.ts";

const by = { actor: systemActor("test") };
const soon = (what: string) => ({ withinMs: 10_000, what });
let shared: TestStore;

before(async () => {
  shared = await openTestStore();
  await shared.store.resources.apply({ kind: "project", name: "shop", labels: {}, spec: {} }, { by });
});
after(async () => await shared[Symbol.asyncDispose]());

interface Recorder {
  readonly reconciler: Reconciler<string, string>;
  readonly passes: string[];
  readonly acts: string[];
  active: number;
  mostActive: number;
}

/** Plans one action a pass, and keeps what happened. */
function recorder(
  name: string,
  change: Partial<Reconciler<string, string>> = {},
  act: (action: string, context: ActContext) => Promise<"again" | void> = async () => await Promise.resolve(),
): Recorder {
  const record: Recorder = {
    passes: [],
    acts: [],
    active: 0,
    mostActive: 0,
    reconciler: {
      name,
      watches: ["widget"],
      everyMs: 3_600_000,
      keys: async () => await Promise.resolve(["a", "b"]),
      keysOf: (subject) => [subject.name],
      observe: async (key) => {
        record.passes.push(key);
        return await Promise.resolve(key);
      },
      plan: (observed) => [observed],
      act: async (action, context) => {
        record.active += 1;
        record.mostActive = Math.max(record.mostActive, record.active);
        try {
          return await act(action, context);
        } finally {
          record.active -= 1;
          record.acts.push(action);
        }
      },
      describe: { observed: (key) => `saw ${key}`, action: (key) => `did ${key}` },
      ...change,
    },
  };
  return record;
}

function drive(
  reconciler: Reconciler<string, string>,
  options: { readonly holder?: string; readonly limits?: Partial<DriverLimits> } = {},
): ReconcilerDriver {
  const { leases, feed } = shared.store;
  const limits = { leaseTtlMs: 600, minGapMs: 1, backoff: { baseMs: 20, maxMs: 40 }, ...options.limits };
  const ports = { leases, feed, clock: systemClock, random: systemRandom, log: silentLog };
  return createReconcilerDriver({ reconciler, holder: options.holder ?? "a", limits, ...ports });
}

let widgets = 0;
async function changeWidget(name = "lamp"): Promise<void> {
  widgets += 1;
  const key = { kind: "widget", project: "shop", name };
  await shared.store.resources.apply({ ...key, labels: {}, spec: { title: String(widgets) } }, { by });
}

describe("the driver of reconcilers", () => {
  it("gives every key a pass when it wins the lease, and says what it saw and did", async () => {
    const record = recorder("first-run");
    await using driver = drive(record.reconciler);
    assert.equal(driver.status().leader, false);
    driver.start();
    await waitFor(
      () => (record.acts.includes("a") && record.acts.includes("b")) || undefined,
      soon("both acts"),
    );
    const status = await waitFor(
      () => (driver.status().lastSaw === "saw b" ? driver.status() : undefined),
      soon("b"),
    );
    assert.equal(status.leader, true);
    assert.equal(status.lastDid, "did b");
    assert.equal(status.failures, 0);
    assert.ok(status.lastPassMs !== undefined && status.lastPassAt !== undefined);
  });

  it("makes a pass on a change, and on the timer without any", async () => {
    const record = recorder("wakes", { everyMs: 50 });
    await using driver = drive(record.reconciler);
    driver.start();
    await waitFor(() => (record.passes.length >= 6 ? true : undefined), soon("passes by the timer"));
    await changeWidget("lamp");
    await waitFor(() => (record.passes.includes("lamp") ? true : undefined), soon("a pass for the change"));
  });

  it("runs one pass of a key at a time and gathers the changes meanwhile", async () => {
    const gate = Promise.withResolvers<void>();
    const record = recorder(
      "gathers",
      { keys: async () => await Promise.resolve([]) },
      async () => await gate.promise,
    );
    await using driver = drive(record.reconciler);
    driver.start();
    await waitFor(() => (driver.status().leader ? true : undefined), soon("leadership"));
    await waitFor(async () => {
      if (record.active === 0) await changeWidget("lamp");
      return record.active === 1 ? true : undefined;
    }, soon("the first pass"));
    for (let change = 0; change < 30; change += 1) await changeWidget("lamp");
    gate.resolve();
    await waitFor(() => (record.passes.length >= 2 ? true : undefined), soon("the pass after"));
    assert.equal(record.mostActive, 1);
    assert.ok(record.passes.length <= 4, `${record.passes.length} passes for 31 changes`);
  });

  it("never has more passes under way than it may", async () => {
    const many = Array.from({ length: 40 }, (_, at) => `key-${at}`);
    const record = recorder("bounded", { keys: async () => await Promise.resolve(many) }, async () => {
      await systemClock.sleep(2);
    });
    await using driver = drive(record.reconciler, { limits: { concurrency: 3 } });
    driver.start();
    await waitFor(() => (new Set(record.acts).size === 40 ? true : undefined), soon("all keys"));
    assert.equal(record.mostActive, 3);
  });

  it("tries a failed key again after its backoff and lets the others go on", async () => {
    let failures = 0;
    const record = recorder("fails", {}, async (action) => {
      if (action === "a" && failures < 3) {
        failures += 1;
        throw new VdcError("unavailable", "not yet");
      }
      await Promise.resolve();
    });
    await using driver = drive(record.reconciler);
    driver.start();
    await waitFor(
      () => (record.acts.filter((act) => act === "a").length === 4 ? true : undefined),
      soon("a"),
    );
    assert.equal(record.acts.filter((act) => act === "b").length, 1);
    await waitFor(() => (driver.status().failures === 0 ? true : undefined), soon("no failures"));
  });

  it("comes again at once when an act says that work is left", async () => {
    let left = 5;
    const record = recorder("again", { keys: async () => await Promise.resolve(["a"]) }, async () => {
      left -= 1;
      return await Promise.resolve(left > 0 ? "again" : undefined);
    });
    await using driver = drive(record.reconciler);
    driver.start();
    await waitFor(() => (left === 0 ? true : undefined), soon("all the work"));
    assert.equal(record.acts.length, 5);
  });

  it("aborts a pass that takes too long and counts it as failed", async () => {
    const record = recorder("slow", {}, async (_, { signal }) => await systemClock.sleep(60_000, signal));
    await using driver = drive(record.reconciler, { limits: { passTimeoutMs: 30 } });
    driver.start();
    await waitFor(() => (driver.status().failures >= 2 ? true : undefined), soon("failed passes"));
  });

  it("begins no act once the lease is lost, and its late writes are refused", async () => {
    const begun: number[] = [];
    const gate = Promise.withResolvers<void>();
    const outcomes: string[] = [];
    const record = recorder(
      "loses",
      { keys: async () => await Promise.resolve(["a"]), plan: () => ["one", "two"] },
      async (_, { fence, by: actor }) => {
        begun.push(fence.epoch);
        await gate.promise;
        const key = { kind: "widget", project: "shop", name: "lamp" };
        const write = shared.store.resources.setStatus(
          key,
          { note: String(fence.epoch) },
          { by: actor, fence },
        );
        outcomes.push(
          await write.then(
            () => "written",
            (error: VdcError) => error.code,
          ),
        );
      },
    );
    await changeWidget("lamp");
    await using driver = drive(record.reconciler);
    driver.start();
    await waitFor(() => (begun.length === 1 ? true : undefined), soon("the first act"));
    const [epoch] = begun;
    assert.ok(epoch !== undefined);
    await shared.store.leases.release("reconciler/loses", epoch);
    await waitFor(async () => {
      const { remainingMs } =
        (await shared.store.leases.list()).find((l) => l.name === "reconciler/loses") ?? {};
      return remainingMs === undefined ? undefined : true;
    }, soon("a new term"));
    gate.resolve();
    await waitFor(() => (outcomes.includes("written") ? true : undefined), soon("a write of the new term"));
    assert.equal(outcomes[0], "fenced");
    const later = begun.slice(1);
    assert.ok(
      later.length > 0 && later.every((other) => other > epoch),
      "the second action of the old plan was not begun",
    );
  });

  it("stops within its time although a pass hangs, and lets the lease run out instead of giving it up", async () => {
    const gate = Promise.withResolvers<void>();
    const record = recorder("hangs", {}, async () => await gate.promise);
    const driver = drive(record.reconciler, { limits: { stopWaitMs: 50, leaseTtlMs: 5_000 } });
    driver.start();
    await waitFor(() => (record.active > 0 ? true : undefined), soon("a pass that hangs"));
    await driver.stop();
    assert.equal(driver.status().leader, false);
    const names = (await shared.store.leases.list()).map((lease) => lease.name);
    assert.ok(names.includes("reconciler/hangs"), "nobody else may begin while the pass may still act");
    gate.resolve();
  });

  it("has one leader, and another takes over at once when it stops", async () => {
    const first = recorder("succession");
    const second = recorder("succession");
    await using leader = drive(first.reconciler, { holder: "a" });
    leader.start();
    await waitFor(() => (first.acts.length >= 2 ? true : undefined), soon("the first leader's acts"));
    await using successor = drive(second.reconciler, { holder: "b" });
    successor.start();
    await waitFor(
      async () => ((await shared.store.leases.list()).length > 0 ? true : undefined),
      soon("the successor asked"),
    );
    assert.deepEqual(second.acts, []);
    await leader.stop();
    await waitFor(() => (second.acts.length >= 2 ? true : undefined), soon("the successor's acts"));
    assert.equal(leader.status().leader, false);
  });
});
