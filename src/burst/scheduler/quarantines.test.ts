import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { WorkerView } from "#api/burst.ts";
import { createBurstJobs } from "#store/burst-jobs.ts";
import { openSchedulerWorld, testBy, testGraph, type SchedulerWorld } from "#test/support/burst-scheduler.ts";
import type { TestBurstWorker } from "#test/support/burst-worker.ts";
import { waitFor } from "#test/support/wait-for.ts";

const withinMs = 60_000;

describe("a quarantine", () => {
  let world: SchedulerWorld;
  let salt = 0;
  before(async () => {
    world = await openSchedulerWorld();
  });
  after(async () => await world[Symbol.asyncDispose]());

  const inQuarantine = (): readonly WorkerView[] =>
    world.scheduler.cluster(() => true).workers.filter(({ state }) => state === "quarantined");

  async function hears(worker: TestBurstWorker, type: "welcome" | "refused"): Promise<void> {
    const look = () => (worker.hears(type) === undefined ? undefined : true);
    await waitFor(look, { withinMs, what: `it is told ${type}` });
  }

  /** A job in which the worker's lie is found by two others; all have left afterwards. Answers the job. */
  async function catchLiar(name: string): Promise<string> {
    salt += 1;
    const liar = world.connect(name, (worker) => Object.assign(worker, { works: false, lies: true }));
    const { id } = await world.submit(testGraph(6, 1, salt));
    await waitFor(() => (liar.worker.kept.length > 0 ? true : undefined), {
      withinMs,
      what: "it has leases",
    });
    liar.worker.answer(liar.worker.kept.splice(0, 1));
    const others = ["oskar", "otto"].map((other) => world.connect(other));
    assert.equal((await world.ended(id)).state, "succeeded");
    await hears(liar.worker, "refused");
    for (const { close } of [liar, ...others]) close();
    return id;
  }

  it("outlives the scheduler, with who found it, where and when, until somebody ends it", async () => {
    const job = await catchLiar("olga");
    const [caught] = inQuarantine();
    const { id = "", name, reason, found } = caught ?? {};
    assert.deepEqual([name, reason], ["olga", "it gave other bytes than two others"]);
    assert.ok(id.startsWith("qrn_"));
    assert.equal(found?.job, job);
    assert.deepEqual([...(found?.by ?? [])].toSorted(), ["oskar", "otto"]);

    await world.restart();
    assert.deepEqual(inQuarantine(), [caught]);
    assert.equal(world.scheduler.cluster(() => true).slots, 0);
    assert.deepEqual(world.scheduler.fleet("shop"), []);
    const again = world.connect("olga");
    await hears(again.worker, "refused");
    again.close();
    const honest = world.connect("oskar");
    await hears(honest.worker, "welcome");
    honest.close();

    await world.scheduler.release("olga", testBy);
    assert.deepEqual(inQuarantine(), []);
    const entries = await world.store.audit.list({ limit: 50 });
    const entry = entries.find(({ verb }) => verb === "release");
    assert.deepEqual([entry?.target?.kind, entry?.target?.name, entry?.target?.id], ["worker", "olga", id]);
    const events = await world.store.events.list({ limit: 50 });
    const told = events.filter(({ type }) => type === "worker.quarantined");
    assert.equal(told.length, 1);
    assert.match(told[0]?.message ?? "", /olga is in quarantine: it gave other bytes than two others/);

    await world.restart();
    const back = world.connect("olga");
    await hears(back.worker, "welcome");
    back.close();
  });

  it("is ended by its id where two workers have one name, and one that is not there is not found", async () => {
    await assert.rejects(world.scheduler.release("olga", testBy), { code: "not-found" });
    await catchLiar("twin");
    const jobs = createBurstJobs(world.store);
    const [known] = await jobs.quarantines(10);
    assert.ok(known !== undefined);
    // Somebody else's machine of the same name.
    const other = { ...known, key: "another/shop/twin", id: "qrn_other" };
    await jobs.transact(testBy, async (rows) => await rows.putQuarantine(other));
    await world.restart();
    await assert.rejects(world.scheduler.release("twin", testBy), { code: "conflict" });
    await world.scheduler.release(known.id, testBy);
    await assert.rejects(world.scheduler.release(known.id, testBy), { code: "not-found" });
    await world.scheduler.release("twin", testBy);
    assert.deepEqual(inQuarantine(), []);
  });

  it("is not shown to whoever may not see the worker", async () => {
    await catchLiar("olga");
    assert.deepEqual(world.scheduler.cluster(() => false).workers, []);
    assert.equal(inQuarantine().length, 1);
  });
});
