import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Job } from "#api/burst.ts";
import type { Lease } from "#api/burst-protocol.ts";
import { openSchedulerWorld, testBy, testGraph, type SchedulerWorld } from "#test/support/burst-scheduler.ts";
import type { TestBurstWorker } from "#test/support/burst-worker.ts";
import { waitFor } from "#test/support/wait-for.ts";
import type { JobGraph } from "../graph.ts";

const withinMs = 60_000;

describe("results that come late", () => {
  let world: SchedulerWorld;
  let salt = 100;
  before(async () => {
    world = await openSchedulerWorld(undefined, 60_000);
    const month = (10n ** 15n).toString();
    await world.money.money.setBudget("shop", { amount: month, alertsAt: [] }, testBy);
  });
  after(async () => await world[Symbol.asyncDispose]());

  /** A job that is paid for. No two are alike, so nothing is remembered. */
  async function order(graph: JobGraph): Promise<{ readonly id: string; readonly price: string }> {
    const name = await world.send(graph);
    world.money.world.graph = graph;
    const offer = await world.money.money.offer("shop", { title: "late", graph: name }, testBy);
    const { id } = await world.submit(graph, { offer: offer.id, quoteHash: offer.quoteHash });
    return { id, price: offer.burst.price };
  }

  function graphOf(width: number): JobGraph {
    salt += 1;
    return testGraph(width, 10, salt);
  }

  /** A worker that keeps what it is given. */
  function keeper(name: string): { readonly worker: TestBurstWorker; readonly close: () => void } {
    return world.connect(name, (worker) => (worker.works = false));
  }

  async function given(worker: TestBurstWorker): Promise<readonly Lease[]> {
    return await waitFor(() => (worker.kept.length > 0 ? worker.kept.splice(0) : undefined), {
      withinMs,
      what: "it is given something",
    });
  }

  async function untilDone(id: string, done: number): Promise<Job> {
    const look = async () => {
      const job = await world.scheduler.get("shop", id);
      return job.done === done ? job : undefined;
    };
    return await waitFor(look, { withinMs, what: `${done} tasks are done` });
  }

  /** What it said before was taken: the scheduler reads in order, and answers this. */
  async function isHeard(worker: TestBurstWorker): Promise<void> {
    const answers = () => worker.said.filter(({ type }) => type === "addresses").length;
    const known = answers();
    worker.say({ type: "addresses", id: 1, job: "none", get: [], put: [] });
    await waitFor(() => (answers() > known ? true : undefined), { withinMs, what: "it is heard" });
  }

  async function paidOnce({ id, price }: { readonly id: string; readonly price: string }): Promise<void> {
    const job = await world.ended(id);
    assert.deepEqual([job.state, job.charged], ["succeeded", price]);
    assert.equal((await world.money.money.invoice("shop", id)).total, price);
    assert.equal((await world.money.money.balance("shop", undefined)).held, "0");
  }

  it("count, once, while nobody else has made them: what was given back is made after all", async () => {
    const { worker, close } = keeper("early");
    const ordered = await order(graphOf(1));
    const leases = await given(worker);
    worker.say({ type: "want", leases: 0 });
    worker.say({ type: "return", leases: leases.map(({ lease }) => lease) });
    await isHeard(worker);
    assert.equal((await world.scheduler.get("shop", ordered.id)).done, 0);
    worker.answer(leases);
    worker.answer(leases);
    await paidOnce(ordered);
    close();
  });

  it("change nothing and cost nothing when another worker made the task meanwhile, or when the job has ended", async () => {
    const late = keeper("late");
    const graph = graphOf(6);
    const ordered = await order(graph);
    const leases = await given(late.worker);
    late.worker.say({ type: "want", leases: 0 });
    late.worker.say({ type: "return", leases: leases.map(({ lease }) => lease) });
    await isHeard(late.worker);
    const quick = keeper("quick");
    const first = await given(quick.worker);
    const [one] = first;
    assert.ok(one !== undefined);
    quick.worker.answer([one]);
    const { charged } = await untilDone(ordered.id, 1);
    const twin = leases.find(({ args, fn }) => fn === one.fn && args.join() === one.args.join());
    assert.ok(twin !== undefined && twin.lease !== one.lease, "both had the same task, under two leases");
    // It says other bytes, too: a fence that is over gives no vote.
    late.worker.lies = true;
    late.worker.answer([twin]);
    await isHeard(late.worker);
    const now = await world.scheduler.get("shop", ordered.id);
    assert.deepEqual([now.done, now.charged], [1, charged]);
    // From now on both work, and each is checked by the other.
    late.worker.lies = false;
    for (const { worker } of [late, quick]) {
      worker.works = true;
      worker.say({ type: "want", leases: 512 });
    }
    quick.worker.answer(first.slice(1));
    await paidOnce(ordered);
    late.worker.answer(leases);
    await isHeard(late.worker);
    await paidOnce(ordered);
    const { workers } = world.scheduler.cluster(() => true);
    assert.ok(workers.every(({ state }) => state !== "quarantined"));
    late.close();
    quick.close();
  });

  it("are nothing under a lease that was never given", async () => {
    const { worker, close } = keeper("inventor");
    const ordered = await order(graphOf(1));
    const leases = await given(worker);
    worker.answer(leases.map((lease) => ({ ...lease, lease: lease.lease.replace(/:[0-9a-z]+:/, ":zzz:") })));
    await isHeard(worker);
    assert.equal((await world.scheduler.get("shop", ordered.id)).done, 0);
    worker.answer(leases);
    await paidOnce(ordered);
    close();
  });
});
