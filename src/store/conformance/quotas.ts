import assert from "node:assert/strict";
import { test } from "node:test";
import { by, gadget, project, put, refused, widget, type OpenEngine } from "./engine.ts";

export function quotaConformance(open: OpenEngine): void {
  test("growth past a quota is refused with its numbers, and up to it is done", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"), { quotas: { memoryBytes: 100, resources: 2 } });
    await put(store, widget("a"), { memoryBytes: 60 });
    const error = await refused(put(store, widget("b"), { memoryBytes: 41 }), "quota-exceeded");
    assert.deepEqual(error.extra, { measure: "memoryBytes", limit: 100, used: 60, wanted: 41 });
    await refused(put(store, widget("b"), { memoryBytes: 41 }, { dryRun: true }), "quota-exceeded");
    await put(store, widget("b"), { memoryBytes: 40 });
    const full = await refused(put(store, gadget("c")), "quota-exceeded");
    assert.deepEqual(full.extra, { measure: "resources", limit: 2, used: 2, wanted: 1 });
    assert.deepEqual(await store.resources.usage("shop"), { memoryBytes: 100, resources: 2 });
  });

  test("a quota that is lowered below what is used blocks growth and nothing else", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    await put(store, widget("a"), { instances: 10, memoryBytes: 10 });
    await put(store, project("shop"), { quotas: { instances: 5 } });
    await refused(put(store, widget("a"), { instances: 11, memoryBytes: 10 }), "quota-exceeded");
    await put(store, widget("a"), { instances: 10, memoryBytes: 20 });
    await put(store, widget("a"), { instances: 8, memoryBytes: 20 });
    await put(store, widget("b"), { memoryBytes: 1 });
    assert.deepEqual(await store.resources.usage("shop"), { instances: 8, memoryBytes: 21, resources: 2 });
    await store.resources.delete(widget("a"), { by });
    await put(store, widget("b"), { instances: 5 });
  });

  test("of many that want the last of a quota at once, as many win as there is room for", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"), { quotas: { instances: 7 } });
    const tries = Array.from({ length: 30 }, (_, at) => put(store, widget(`w${at}`), { instances: 1 }));
    const results = await Promise.allSettled(tries);
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 7);
    assert.deepEqual(await store.resources.usage("shop"), { instances: 7, resources: 7 });
  });

  test("a resource that is being deleted still counts until it is gone", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"), { quotas: { instances: 1 } });
    await put(store, gadget("a"), { instances: 1 });
    await store.resources.delete(gadget("a"), { by });
    await refused(put(store, gadget("b"), { instances: 1 }), "quota-exceeded");
    await store.resources.finalize(gadget("a"), { by });
    await put(store, gadget("b"), { instances: 1 });
  });

  test("sums never leave the whole numbers", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    await put(store, widget("a"), { memoryBytes: Number.MAX_SAFE_INTEGER });
    await refused(put(store, widget("b"), { memoryBytes: 1 }), "quota-exceeded");
    assert.equal((await store.resources.usage("shop"))["memoryBytes"], Number.MAX_SAFE_INTEGER);
  });
}
