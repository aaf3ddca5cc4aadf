import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lease, Store } from "../store.ts";
import { by, project, put, refused, type OpenEngine } from "./engine.ts";

/** Asks again until the lease is free: engines keep leases by a clock that tests do not move. */
async function taken(store: Store, name: string, holder: string): Promise<Lease> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const answer = await store.leases.acquire(name, holder, 60_000);
    if ("epoch" in answer) return answer;
    await sleep(Math.min(answer.forMs, 20));
  }
  throw new Error(`the lease ${name} was not free within 10 s`);
}

export function leaseConformance(open: OpenEngine): void {
  test("a lease has one holder, is extended with the same epoch, and taken over with a greater one", async () => {
    await using engine = await open();
    const { store } = engine;
    const first = await taken(store, "leader", "one");
    const other = await store.leases.acquire("leader", "two", 1000);
    assert.ok("heldBy" in other);
    assert.equal(other.heldBy, "one");
    assert.ok(other.forMs > 50_000 && other.forMs <= 60_000);
    const extended = await store.leases.acquire("leader", "one", 30);
    assert.ok("epoch" in extended);
    assert.equal(extended.epoch, first.epoch);
    assert.deepEqual(
      (await store.leases.list()).map(({ name, holder }) => `${name} ${holder}`),
      ["leader one"],
    );
    const next = await taken(store, "leader", "two");
    assert.ok(next.epoch > first.epoch);
  });

  test("of two that want a free lease at once, one gets it", async () => {
    await using engine = await open();
    const { leases } = engine.store;
    const answers = await Promise.all(
      ["a", "b", "c", "d"].map((holder) => leases.acquire("leader", holder, 60_000)),
    );
    assert.equal(answers.filter((answer) => "epoch" in answer).length, 1);
  });

  test("Invariant: a write with an epoch that was taken over is refused", async () => {
    await using engine = await open();
    const { store } = engine;
    const { epoch } = await taken(store, "leader", "one");
    const fence = { lease: "leader", epoch };
    await put(store, project("shop"), {}, { fence });
    await store.leases.acquire("leader", "one", 1);
    const next = await taken(store, "leader", "two");
    await refused(put(store, project("shop"), { title: "late" }, { fence }), "fenced");
    await refused(store.resources.setStatus(project("shop"), {}, { by, fence }), "fenced");
    await refused(store.resources.delete(project("shop"), { by, fence }), "fenced");
    await refused(put(store, project("x"), {}, { fence: { lease: "unknown", epoch: 1 } }), "fenced");
    await put(store, project("shop"), { title: "new" }, { fence: { lease: "leader", epoch: next.epoch } });
  });

  test("a lease that was given up is free at once, and what it allowed is refused", async () => {
    await using engine = await open();
    const { store } = engine;
    const { epoch } = await taken(store, "leader", "one");
    await store.leases.release("leader", epoch + 1);
    assert.equal((await store.leases.list()).length, 1, "only the holder's epoch gives it up");
    await store.leases.release("leader", epoch);
    assert.deepEqual(await store.leases.list(), []);
    await refused(put(store, project("shop"), {}, { fence: { lease: "leader", epoch } }), "fenced");
    const next = await store.leases.acquire("leader", "two", 60_000);
    assert.ok("epoch" in next && next.epoch > epoch);
  });

  test("all that a process held which has ended is free at once, and what it allowed is refused", async () => {
    await using engine = await open();
    const { store } = engine;
    const { epoch } = await taken(store, "leader", "dead");
    await taken(store, "control/dead", "dead");
    await taken(store, "other", "alive");
    await store.leases.releaseAll("dead");
    assert.deepEqual(
      (await store.leases.list()).map(({ name }) => name),
      ["other"],
    );
    await refused(put(store, project("shop"), {}, { fence: { lease: "leader", epoch } }), "fenced");
    const next = await store.leases.acquire("leader", "two", 60_000);
    assert.ok("epoch" in next && next.epoch > epoch);
  });

  test("leases that ran out are pruned by the beginning of their names, and never one that is held", async () => {
    await using engine = await open();
    const { store } = engine;
    const ended = ["control/one", "control/two", "control/three", "reconciler/project"];
    for (const name of ended) await store.leases.release(name, (await taken(store, name, "a")).epoch);
    await taken(store, "control/alive", "a");
    const prune = async (ranOutForMs: number, batch: number) =>
      await store.leases.prune({ prefix: "control/", ranOutForMs, batch });
    assert.equal(await prune(3_600_000, 10), 0, "they ran out just now");
    assert.deepEqual([await prune(0, 2), await prune(0, 2), await prune(0, 2)], [2, 1, 0]);
    assert.deepEqual(
      (await store.leases.list()).map(({ name }) => name),
      ["control/alive"],
    );
    const kept = await taken(store, "reconciler/project", "b");
    assert.equal(kept.epoch, 3, "one taken, given up and taken again");
  });

  test("Invariant: a lease that was pruned does not give out again an epoch that it wrote under", async () => {
    await using engine = await open();
    const { store } = engine;
    const { epoch } = await taken(store, "control/slept", "slept");
    const fence = { lease: "control/slept", epoch };
    await put(store, project("shop"), {}, { fence });
    await store.leases.release("control/slept", epoch);
    assert.equal(await store.leases.prune({ prefix: "control/", ranOutForMs: 0, batch: 1 }), 1);
    const write = async () => await put(store, project("shop"), { title: "late" }, { fence });
    await refused(write(), "fenced");
    assert.ok((await taken(store, "control/slept", "slept")).epoch > epoch);
    await refused(write(), "fenced");
  });
}
