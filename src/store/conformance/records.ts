import assert from "node:assert/strict";
import { test } from "node:test";
import type { NewEvent, Operation } from "#api/records.ts";
import { by, gadget, project, put, refused, watched, widget, type OpenEngine } from "./engine.ts";

function event(type: string, more: Partial<NewEvent> = {}): NewEvent {
  return { type, severity: "info", message: "It happened.", ...more };
}

function operation(at: number, more: Partial<Operation> = {}): Omit<Operation, "revision"> {
  return {
    id: `op_${String(at).padStart(26, "0")}`,
    type: "project.delete",
    title: "Delete",
    actor: by.actor,
    state: "running",
    percent: 0,
    steps: [{ name: "one", state: "running" }],
    log: [],
    cancelable: false,
    createdAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:00.000Z",
    ...more,
  };
}

export function recordConformance(open: OpenEngine): void {
  test("what happens to resources is told in sentences, with the actor and the operation", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    await put(store, gadget("drill"));
    await put(store, gadget("drill"), { title: "Drill" });
    await store.resources.delete(gadget("drill"), { by });
    await store.resources.finalize(gadget("drill"), { by });
    const events = await store.events.list({ limit: 10 });
    assert.deepEqual(
      events.toReversed().map(({ type, message }) => `${type}: ${message}`),
      [
        "project.created: Project shop was created.",
        "gadget.created: Gadget drill in project shop was created.",
        "gadget.changed: Gadget drill in project shop was changed.",
        "gadget.deleting: Gadget drill in project shop is being deleted.",
        "gadget.deleted: Gadget drill in project shop was deleted.",
      ],
    );
    const [last] = events;
    assert.deepEqual(last?.subject, gadget("drill"));
    assert.deepEqual(last.actor, by.actor);
    assert.equal(last.operationId, "op_1");
    assert.ok(events.every(({ project: within, severity }) => within === "shop" && severity === "info"));
  });

  test("events are listed newest first, by project, subject and revision, and pruned from the oldest", async () => {
    await using engine = await open();
    const { store } = engine;
    const emitted = await store.events.emit([
      event("a.a", { project: "shop", subject: { kind: "user", name: "ada" } }),
      event("b.b", { project: "other", details: { text: "odd \0 \ud800" } }),
      event("c.c"),
    ]);
    assert.deepEqual(
      emitted.map(({ revision }) => revision),
      [1, 2, 3],
    );
    assert.deepEqual(emitted[1]?.details, { text: "odd \uFFFD \uFFFD" });
    assert.deepEqual(await store.events.list({ limit: 10 }), emitted.toReversed());
    assert.deepEqual(await store.events.list({ limit: 10, projects: ["shop"] }), [emitted[0]]);
    assert.deepEqual(await store.events.list({ limit: 10, projects: [] }), []);
    assert.deepEqual(
      await store.events.list({ limit: 10, before: 3, subject: { kind: "user", name: "ada" } }),
      [emitted[0]],
    );
    assert.deepEqual(await store.events.list({ limit: 10, subject: { kind: "user" } }), [emitted[0]]);
    assert.deepEqual(await store.events.list({ limit: 10, subject: { kind: "machine" } }), []);
    assert.deepEqual(await store.events.list({ limit: 1, before: 3 }), [emitted[1]]);
    const { changes } = await watched(store, { since: 0, kinds: ["event"] });
    assert.deepEqual(
      changes.map(({ object }) => object),
      emitted,
    );
    assert.equal(await store.events.prune({ keepMs: 1e12, keepEvents: 2, batch: 10 }), 1);
    engine.advance(60_000);
    await store.events.emit([event("d.d")]);
    assert.equal(await store.events.prune({ keepMs: 30_000, keepEvents: 10, batch: 1 }), 1);
    assert.equal(await store.events.prune({ keepMs: 30_000, keepEvents: 10, batch: 10 }), 1);
    assert.deepEqual(
      (await store.events.list({ limit: 10 })).map(({ type }) => type),
      ["d.d"],
    );
  });

  operations(open);
}

function operations(open: OpenEngine): void {
  test("operations are put, replaced, listed newest first and followed in the feed", async () => {
    await using engine = await open();
    const { store } = engine;
    const first = await store.operations.put(operation(1, { project: "shop" }));
    const second = await store.operations.put(operation(2));
    const done = await store.operations.put(
      operation(1, { project: "shop", state: "succeeded", percent: 100 }),
    );
    assert.deepEqual([first.revision, second.revision, done.revision], [1, 2, 3]);
    assert.deepEqual(await store.operations.get(first.id), done);
    assert.equal(await store.operations.get("op_none"), undefined);
    assert.deepEqual(await store.operations.list({ limit: 10 }), [second, done]);
    assert.deepEqual(await store.operations.list({ limit: 10, states: ["succeeded"] }), [done]);
    assert.deepEqual(await store.operations.list({ limit: 10, projects: ["shop"] }), [done]);
    assert.deepEqual(await store.operations.list({ limit: 10, before: second.id }), [done]);
    const { changes } = await watched(store, { since: 0, kinds: ["operation"] });
    assert.deepEqual(
      changes.map(({ type }) => type),
      ["created", "created", "updated"],
    );
    assert.deepEqual(changes[2]?.object, done);
  });

  test("an operation keeps the last lines of its log, and not more steps than anybody reads", async () => {
    await using engine = await open();
    const { store } = engine;
    const at = "2026-01-01T00:00:00.000Z";
    const log = Array.from({ length: 250 }, (_, line) => ({ at, message: `line ${line}` }));
    const put200 = await store.operations.put(
      operation(1, { log: [...log, { at, message: "x".repeat(5000) }] }),
    );
    assert.equal(put200.log.length, 200);
    assert.equal(put200.log[0]?.message, "line 51");
    assert.equal(put200.log.at(-1)?.message.length, 2000);
    const steps = Array.from({ length: 201 }, (_, step) => ({ name: `${step}`, state: "waiting" as const }));
    await refused(store.operations.put(operation(2, { steps })), "too-large");
  });

  test("only finished operations are pruned", async () => {
    await using engine = await open();
    const { store } = engine;
    await store.operations.put(operation(1));
    await store.operations.put(operation(2, { state: "failed", finishedAt: "2026-01-01T00:00:00.000Z" }));
    assert.equal(await store.operations.prune({ keepMs: 1000, batch: 10 }), 1);
    assert.equal(await store.operations.prune({ keepMs: 1000, batch: 10 }), 0);
    assert.deepEqual(
      (await store.operations.list({ limit: 10 })).map(({ id }) => id),
      [operation(1).id],
    );
  });

  test("the actions of one project do not show in another", async () => {
    await using engine = await open();
    const { store } = engine;
    for (const name of ["shop", "other"]) {
      await put(store, project(name));
      await put(store, widget("lamp", name));
    }
    const events = await store.events.list({ limit: 10, projects: ["shop"] });
    assert.deepEqual(
      events.map(({ message }) => message),
      ["Widget lamp in project shop was created.", "Project shop was created."],
    );
  });
}
