import assert from "node:assert/strict";
import { test } from "node:test";
import { by, gadget, project, put, refused, widget, widgetSpec, type OpenEngine } from "./engine.ts";

export function removalConformance(open: OpenEngine): void {
  test("a kind that nobody cleans up after is removed at once, and its name gets a new identity", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    const { resource } = await put(store, widget("lamp"), { instances: 2 });
    const gone = await store.resources.delete(widget("lamp"), { by });
    assert.deepEqual(gone, { outcome: "removed", resource, diff: [] });
    assert.equal(await store.resources.get(widget("lamp")), undefined);
    assert.deepEqual(await store.resources.usage("shop"), {});
    await refused(store.resources.delete(widget("lamp"), { by }), "not-found");
    const again = await put(store, widget("lamp"));
    assert.notEqual(again.resource.id, resource.id);
    assert.equal(again.resource.generation, 1);
  });

  test("a finalized kind waits until it is finalized", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    await put(store, gadget("drill"));
    await refused(store.resources.finalize(gadget("drill"), { by }), "conflict");
    const marked = await store.resources.delete(gadget("drill"), { by });
    assert.equal(marked.outcome, "deleting");
    assert.equal(marked.resource.generation, 1);
    assert.equal(marked.resource.deletingSince, marked.resource.updatedAt);
    assert.deepEqual(await store.resources.get(gadget("drill")), marked.resource);
    await refused(put(store, gadget("drill"), { title: "new" }), "deleting");
    await refused(
      store.resources.patch(gadget("drill"), (current) => current, { by }),
      "deleting",
    );
    const again = await store.resources.delete(gadget("drill"), { by });
    assert.deepEqual(again, { ...marked, diff: [] }, "a second delete changes nothing");
    const seen = await store.resources.setStatus(gadget("drill"), { phase: "waiting" }, { by });
    assert.equal(seen.resource.deletingSince, marked.resource.deletingSince);
    const gone = await store.resources.finalize(gadget("drill"), { by });
    assert.deepEqual(gone, { outcome: "removed", resource: seen.resource, diff: [] });
    await refused(store.resources.finalize(gadget("drill"), { by }), "not-found");
  });

  test("an owner stays until what it owns is gone", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    const owner = { ...widget("app"), id: (await put(store, widget("app"))).resource.id };
    for (const name of ["a", "b"]) {
      await store.resources.apply({ ...widget(name), labels: {}, spec: widgetSpec(), owner }, { by });
    }
    assert.equal((await store.resources.delete(widget("app"), { by })).outcome, "deleting");
    const error = await refused(store.resources.finalize(widget("app"), { by }), "in-use");
    assert.equal(error.extra["count"], 2);
    assert.match(error.message, /widget\/shop\/a, widget\/shop\/b/);
    await refused(
      store.resources.apply({ ...widget("c"), labels: {}, spec: widgetSpec(), owner }, { by }),
      "deleting",
    );
    // All in one line, so that an engine which batches has to see its own removals.
    const [, , gone] = await Promise.all([
      store.resources.delete(widget("a"), { by }),
      store.resources.delete(widget("b"), { by }),
      store.resources.delete(widget("app"), { by }),
    ]);
    assert.equal(gone.outcome, "removed");
  });

  test("a project that is deleted takes nothing new, and stays until it is empty", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    await put(store, widget("lamp"));
    await put(store, gadget("drill"));
    assert.equal((await store.resources.delete(project("shop"), { by })).outcome, "deleting");
    await refused(put(store, widget("new")), "deleting");
    await refused(put(store, widget("lamp"), { title: "x" }), "deleting");
    await refused(
      store.resources.patch(widget("lamp"), (current) => current, { by }),
      "deleting",
    );
    assert.equal(
      (await store.resources.setStatus(widget("lamp"), { phase: "ready" }, { by })).outcome,
      "changed",
    );
    const error = await refused(store.resources.finalize(project("shop"), { by }), "in-use");
    assert.equal(error.extra["count"], 2);
    assert.match(error.message, /gadget\/shop\/drill, widget\/shop\/lamp/);
    const results = await Promise.all([
      store.resources.delete(widget("lamp"), { by }),
      store.resources.delete(gadget("drill"), { by }),
      store.resources.finalize(gadget("drill"), { by }),
      store.resources.finalize(project("shop"), { by }),
      put(store, project("shop")),
      put(store, widget("lamp")),
    ]);
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ["removed", "deleting", "removed", "removed", "created", "created"],
    );
  });
}
