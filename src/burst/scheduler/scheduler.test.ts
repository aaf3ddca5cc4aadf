import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { openSchedulerWorld, testBy, testGraph, type SchedulerWorld } from "#test/support/burst-scheduler.ts";
import { madeBy } from "#test/support/burst-worker.ts";
import { runSql } from "#test/support/store.ts";
import { waitFor } from "#test/support/wait-for.ts";
import type { JobGraph } from "../graph.ts";
import { taskText } from "../task.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** What the last task of a graph truly gives, and the task's id. */
function trueResult(graph: JobGraph): { readonly bytes: Buffer; readonly taskId: string } {
  const made: Buffer[] = [];
  let text = "";
  for (const task of graph.tasks) {
    const { fn, args, inputs } = task;
    const given = inputs.map((input) => {
      const bytes = "task" in input ? (made[input.task] ?? Buffer.alloc(0)) : Buffer.alloc(0);
      return { blob: sha256(bytes), bytes: bytes.length };
    });
    made.push(madeBy({ fn, args: [...args], inputs: given }));
    text = taskText(
      graph.package,
      task,
      given.map(({ blob }) => blob),
    );
  }
  return { bytes: made.at(-1) ?? Buffer.alloc(0), taskId: sha256(Buffer.from(text)) };
}

describe("the scheduler of jobs", () => {
  let world: SchedulerWorld;
  before(async () => {
    world = await openSchedulerWorld();
    const month = (10n ** 14n).toString();
    await world.money.money.setBudget("shop", { amount: month, alertsAt: [] }, testBy);
  });
  after(async () => await world[Symbol.asyncDispose]());

  it("runs a job on workers and keeps its result, without an object store", async () => {
    const { close } = world.connect("a");
    const graph = testGraph(200);
    const job = await world.submit(graph);
    const ended = await world.ended(job.id);
    assert.equal(ended.state, "succeeded");
    assert.equal(ended.done, graph.tasks.length);
    const [result] = ended.results;
    const { get } = await world.scheduler.blobs("shop", { put: [], get: [result?.blob ?? ""] });
    const { bytes, taskId } = trueResult(graph);
    assert.equal(Buffer.from(get[0]?.inline ?? "", "base64").toString(), bytes.toString());
    assert.equal(result?.taskId, taskId);
    const kept = await runSql(
      world.url,
      `SELECT count(*)::int AS kept FROM burst_outcomes WHERE job = '${job.id}'`,
    );
    assert.deepEqual(kept, [{ kept: 0 }]);
    close();
  });

  it("loses no task and charges none twice, killed at any moment", async () => {
    const graph = testGraph(1_500, 1);
    const name = await world.send(graph);
    world.money.world.graph = graph;
    const offer = await world.money.money.offer("shop", { title: "killed", graph: name }, testBy);
    const job = await world.submit(graph, { offer: offer.id, quoteHash: offer.quoteHash });
    assert.equal(job.bound, offer.bound);
    const kills = 4;
    for (let kill = 0; kill < kills; kill += 1) {
      const { worker } = world.connect(`w${kill}`);
      const enough = Math.floor((graph.tasks.length / (kills + 1)) * Math.random());
      await waitFor(() => (worker.done >= enough ? true : undefined), {
        withinMs: 10_000,
        what: "tasks are done",
      });
      await world.restart();
    }
    const { close } = world.connect("last");
    const ended = await world.ended(job.id);
    assert.equal(ended.state, "succeeded");
    assert.equal(ended.results[0]?.blob, sha256(trueResult(graph).bytes));
    assert.equal(ended.charged, offer.burst.price);
    const { total } = await world.money.money.invoice("shop", job.id);
    assert.equal(total, offer.burst.price);
    close();
  });

  it("tells workers to stop at once when a job is cancelled, and gives the hold back", async () => {
    const { worker, close } = world.connect("slow", (one) => (one.works = false));
    const graph = testGraph(50, 2);
    const name = await world.send(graph);
    world.money.world.graph = graph;
    const offer = await world.money.money.offer("shop", { title: "cancelled", graph: name }, testBy);
    const job = await world.submit(graph, { offer: offer.id, quoteHash: offer.quoteHash });
    await waitFor(() => worker.kept.at(0), {
      withinMs: 5_000,
      what: "it has leases",
    });
    const began = performance.now();
    await world.scheduler.cancel("shop", job.id, testBy);
    await waitFor(() => worker.hears("revoke"), {
      withinMs: 1_000,
      what: "it is told",
    });
    const ended = await world.ended(job.id);
    assert.ok(performance.now() - began < 1_000);
    assert.equal(ended.state, "cancelled");
    assert.equal(ended.charged, "0");
    assert.equal((await world.money.money.balance("shop", undefined)).held, "0");
    close();
  });

  it("remembers what a job of the project made, and takes nothing for it", async () => {
    const { worker, close } = world.connect("memo");
    const graph = testGraph(64, 10, 7);
    await world.ended((await world.submit(graph)).id);
    const doneOnce = worker.done;
    const again = await world.ended((await world.submit(graph)).id);
    assert.equal(again.state, "succeeded");
    assert.equal(again.remembered, 64, "joins are not worth remembering, by the manifest");
    assert.equal(worker.done - doneOnce, graph.tasks.length - 64);
    close();
  });

  it("pauses and resumes a job, and tells a watcher each task's way", async () => {
    const graph = testGraph(30, 0, 9);
    const job = await world.submit(graph);
    await world.scheduler.pause("shop", job.id, testBy);
    const { worker, close } = world.connect("idle");
    const stop = new AbortController();
    const states = new Map<number, string>();
    const watching = (async () => {
      let last = "";
      for await (const progress of world.scheduler.watch("shop", job.id, stop.signal)) {
        for (const { task, state } of progress.tasks) states.set(task, state);
        last = progress.job.state;
      }
      return last;
    })();
    await waitFor(() => worker.said.at(0), {
      withinMs: 2_000,
      what: "it is welcome",
    });
    assert.equal(worker.done, 0);
    assert.equal((await world.scheduler.get("shop", job.id)).state, "paused");
    await world.scheduler.resume("shop", job.id, testBy);
    await world.ended(job.id);
    assert.equal(await watching, "succeeded");
    assert.equal(states.size, graph.tasks.length);
    close();
  });

  it("gives the results that are there while a job runs, and keeps those of one that was cancelled", async () => {
    const base = testGraph(20, 0, 11);
    const results = base.tasks.map((_, task) => ({ name: `part ${task}`, from: { task, output: 0 } }));
    const { worker, close } = world.connect("half", (one) => (one.works = false));
    const job = await world.submit({ ...base, results });
    const told = new Map<string, string>();
    const watching = (async () => {
      for await (const progress of world.scheduler.watch("shop", job.id, new AbortController().signal))
        for (const { name, blob } of progress.results ?? []) told.set(name, blob);
    })();
    await waitFor(() => (worker.kept.length >= 20 ? true : undefined), {
      withinMs: 5_000,
      what: "it has the parts",
    });
    const given = worker.kept.slice(0, 5);
    worker.answer(given);
    const blobs = given.map((lease) => sha256(madeBy(lease))).toSorted();
    await waitFor(() => (told.size === 5 ? true : undefined), { withinMs: 5_000, what: "parts are told of" });
    assert.deepEqual([...told.values()].toSorted(), blobs);
    const { items } = await world.scheduler.results("shop", job.id);
    assert.deepEqual(
      Object.fromEntries(items.map(({ name, blob }) => [name, blob])),
      Object.fromEntries(told),
    );
    const running = await world.scheduler.get("shop", job.id);
    assert.deepEqual([running.state, running.results], ["running", []]);
    const readable = async () => {
      const { get } = await world.scheduler.blobs("shop", { put: [], get: blobs });
      return get.map(({ inline }) => sha256(Buffer.from(inline ?? "", "base64")));
    };
    assert.deepEqual(await readable(), blobs);
    await world.scheduler.cancel("shop", job.id, testBy);
    const ended = await world.ended(job.id);
    assert.equal(ended.state, "cancelled");
    assert.deepEqual(ended.results, items);
    assert.deepEqual(await world.scheduler.results("shop", job.id), { items });
    assert.deepEqual(await readable(), blobs);
    await watching;
    close();
  });

  it("refuses what is no graph, calls functions that the package has not, or reads blobs where none can be", async () => {
    const graph = testGraph(1);
    const [first] = graph.tasks;
    assert.ok(first !== undefined);
    const wrong: JobGraph = { ...graph, tasks: [{ ...first, fn: "steal" }] };
    await assert.rejects(world.submit(wrong), { code: "invalid" });
    const far: JobGraph = { ...graph, tasks: [{ ...first, inputs: [{ blob: "a".repeat(64), bytes: 1 }] }] };
    await assert.rejects(world.submit(far), { code: "unavailable" });
    const cyclic: JobGraph = { ...graph, tasks: [{ ...first, inputs: [{ task: 0, output: 0 }] }] };
    await assert.rejects(world.submit(cyclic), { code: "invalid" });
    await assert.rejects(world.scheduler.get("shop", "job_none"), { code: "not-found" });
  });

  it("ends the connection of a worker that says what the protocol has not, or may not work", async () => {
    const { worker } = world.connect("rude");
    worker.say({ type: "want", leases: -1 });
    await waitFor(() => worker.hears("refused"), {
      withinMs: 2_000,
      what: "it is refused",
    });
  });
});
