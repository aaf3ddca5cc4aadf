import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Invoice, Offer } from "#api/burst.ts";
import { openSchedulerWorld, testBy, testGraph, type SchedulerWorld } from "#test/support/burst-scheduler.ts";
import { runSql } from "#test/support/store.ts";
import type { JobGraph } from "../graph.ts";

describe("an offer for what a project has computed before", () => {
  let world: SchedulerWorld;
  before(async () => {
    world = await openSchedulerWorld();
    const month = (10n ** 15n).toString();
    await world.money.money.setBudget("shop", { amount: month, alertsAt: [] }, testBy);
    world.money.world.remembered = async (project, graph) => await world.scheduler.remembered(project, graph);
  });
  after(async () => await world[Symbol.asyncDispose]());

  async function offerOf(graph: JobGraph): Promise<Offer> {
    const name = await world.send(graph);
    world.money.world.graph = graph;
    return await world.money.money.offer("shop", { title: "again", graph: name }, testBy);
  }

  /** Orders what was offered, without anything that fails. */
  async function run(graph: JobGraph, offer: Offer): Promise<Invoice> {
    const { id } = await world.submit(graph, { offer: offer.id, quoteHash: offer.quoteHash });
    assert.equal((await world.ended(id)).state, "succeeded");
    return await world.money.money.invoice("shop", id);
  }

  function isQuote(invoice: Invoice, offer: Offer): void {
    assert.deepEqual([invoice.lines, invoice.total], [offer.lines, offer.expected]);
  }

  /** Chains of three calls whose results are kept. */
  function chains(count: number, salt: number): JobGraph {
    const { tasks, ...graph } = testGraph(count, 1_000, salt);
    const first = tasks.slice(0, count);
    const step = (from: number) =>
      first.map((task, at) => ({
        ...task,
        args: [salt, from],
        inputs: [{ task: from * count + at, output: 0 }],
        stage: `step ${from}`,
      }));
    const all = [...first, ...step(0), ...step(1)];
    return { ...graph, tasks: all, results: [{ name: "last", from: { task: all.length - 1, output: 0 } }] };
  }

  it("is the invoice, to the last digit, the first time and the second", async () => {
    const { worker, close } = world.connect("a");
    // The joins of this graph are not kept: they are made and paid again.
    const graph = testGraph(64, 1_000, 1);
    const first = await offerOf(graph);
    assert.deepEqual([first.remembered, first.expected], [0, first.burst.price]);
    isQuote(await run(graph, first), first);
    const second = await offerOf(graph);
    assert.equal(second.remembered, 64);
    assert.ok(BigInt(second.expected) > 0n && BigInt(second.expected) < BigInt(first.expected));
    assert.equal(second.bound, first.bound);
    const doneBefore = worker.done;
    isQuote(await run(graph, second), second);
    assert.equal(worker.done - doneBefore, graph.tasks.length - 64);
    close();
  });

  it("finds what was made of what is remembered, to the end of a chain, and then nothing is owed", async () => {
    const { worker, close } = world.connect("a");
    const graph = chains(8, 2);
    const first = await offerOf(graph);
    assert.notEqual(first.expected, "0");
    isQuote(await run(graph, first), first);
    const again = await offerOf(graph);
    assert.deepEqual([again.remembered, again.expected, again.lines], [24, "0", []]);
    const doneBefore = worker.done;
    isQuote(await run(graph, again), again);
    assert.equal(worker.done, doneBefore);
    // One more chain, and the rest is known.
    const more = await offerOf(chains(9, 2));
    assert.equal(more.remembered, 24);
    close();
  });

  it("owes for what was forgotten between the offer and the job, and never more than its bound", async () => {
    const { close } = world.connect("a");
    const graph = chains(4, 3);
    await run(graph, await offerOf(graph));
    const offer = await offerOf(graph);
    assert.equal(offer.expected, "0");
    await runSql(world.url, "DELETE FROM burst_memo");
    const { total } = await run(graph, offer);
    assert.equal(total, offer.bound);
    assert.notEqual(total, "0");
    close();
  });

  it("is not found in another project, and not for a package that the project does not have", async () => {
    const graph = testGraph(8, 10, 4);
    await assert.rejects(world.scheduler.remembered("nowhere", graph), { code: "not-found" });
    await assert.rejects(world.scheduler.remembered("shop", { ...graph, package: "0".repeat(64) }), {
      code: "not-found",
    });
  });
});
