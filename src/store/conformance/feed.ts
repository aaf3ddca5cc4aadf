import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change } from "#api/records.ts";
import type { WatchQuery } from "../store.ts";
import {
  by,
  gadget,
  project,
  put,
  refused,
  watched,
  widget,
  type Engine,
  type OpenEngine,
} from "./engine.ts";

const keepAll = { keepMs: 1e12, keepChanges: 1e9, batch: 1000 };

export function feedConformance(open: OpenEngine): void {
  test("the log has every change of resources, events and operations in one order without a gap", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    const { resource } = await put(store, widget("lamp"));
    const { resource: ready } = await store.resources.setStatus(widget("lamp"), { phase: "ready" }, { by });
    await store.resources.delete(widget("lamp"), { by });
    const { changes } = await watched(store, { since: 0 });
    assert.deepEqual(
      changes.map(({ revision, type, kind }) => `${revision} ${type} ${kind}`),
      [
        "1 created project",
        "2 created event",
        "3 created widget",
        "4 created event",
        "5 updated widget",
        "6 deleted widget",
        "7 created event",
      ],
    );
    assert.deepEqual(changes[2]?.object, resource);
    assert.deepEqual(changes[4]?.object, ready);
    assert.deepEqual(changes[5]?.object, ready, "the last state");
    assert.equal(changes[2]?.project, "shop");
  });

  test("a watch gives what its query asks for and says how far it looked", async () => {
    await using engine = await open();
    const { store } = engine;
    for (const name of ["shop", "other"]) {
      await put(store, project(name));
      await put(store, widget("lamp", name));
      await put(store, gadget("drill", name));
    }
    const names = async (query: Omit<WatchQuery, "since">) => {
      const { changes, revision } = await watched(store, { ...query, since: 0 });
      assert.equal(revision, (await store.feed.head()).revision);
      return changes.map((change) => `${change.project ?? ""}/${change.kind}`);
    };
    assert.deepEqual(await names({ kinds: ["widget", "gadget"], project: "shop" }), [
      "shop/widget",
      "shop/gadget",
    ]);
    assert.deepEqual(await names({ kinds: ["widget"], name: "lamp" }), ["shop/widget", "other/widget"]);
    assert.deepEqual(await names({ kinds: ["project"] }), ["/project", "/project"]);
    assert.deepEqual(await names({ kinds: ["event"], project: "shop" }), [
      "shop/event",
      "shop/event",
      "shop/event",
    ]);
    assert.deepEqual(await names({ kinds: [] }), []);
  });

  following(open);
  compacting(open);
}

function following(open: OpenEngine): void {
  test("a watch goes on with what comes, and resumes where another ended", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    const seen: number[] = [];
    let position = 0;
    const writing = (async () => {
      for (let at = 0; at < 60; at += 1) await put(store, widget(`w${at % 7}`), { title: `${at}` });
    })();
    const last = 2 + 60 * 2;
    while (position < last) {
      const ended = new AbortController();
      let batches = 0;
      for await (const batch of store.feed.watch({ since: position }, ended.signal)) {
        seen.push(...batch.changes.map(({ revision }) => revision));
        position = batch.revision;
        batches += 1;
        if (batches === 3 || position >= last) ended.abort();
      }
    }
    await writing;
    assert.deepEqual(
      seen,
      Array.from({ length: last }, (_, at) => at + 1),
    );
  });

  test("a watch that stands at the head answers at once, hears what comes, and ends when it is told to", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    const { revision } = await store.feed.head();
    const ended = new AbortController();
    const got: Change[] = [];
    let batches = 0;
    for await (const batch of store.feed.watch({ since: revision, kinds: ["widget"] }, ended.signal)) {
      batches += 1;
      got.push(...batch.changes);
      if (batches === 1) {
        assert.deepEqual(batch, { changes: [], revision });
        await put(store, gadget("drill"));
        await put(store, widget("lamp"));
      } else if (got.length === 1) ended.abort();
    }
    assert.equal(got[0]?.name, "lamp");
  });

  test("many watches see the same thousand changes", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    const ended = new AbortController();
    const watching = Array.from({ length: 20 }, async () => {
      let count = 0;
      for await (const batch of store.feed.watch({ since: 2, kinds: ["widget"] }, ended.signal)) {
        assert.ok(batch.changes.length <= 500);
        count += batch.changes.length;
        if (count === 1000) return count;
      }
      return count;
    });
    await Promise.all(Array.from({ length: 1000 }, (_, at) => put(store, widget(`w${at}`))));
    assert.deepEqual(new Set(await Promise.all(watching)), new Set([1000]));
    ended.abort();
  });
}

function compacting(open: OpenEngine): void {
  test("compaction removes the oldest lines by number in small steps, and watches below the floor are refused", async () => {
    await using engine = await open();
    const { store } = engine;
    for (const name of ["a", "b", "c", "d", "e"]) await put(store, project(name));
    assert.equal(await store.feed.compact(keepAll), 0);
    assert.equal(await store.feed.compact({ ...keepAll, keepChanges: 4, batch: 5 }), 5);
    assert.deepEqual(await store.feed.head(), { revision: 10, compacted: 5 });
    assert.equal(await store.feed.compact({ ...keepAll, keepChanges: 4, batch: 5 }), 1);
    assert.equal(await store.feed.compact({ ...keepAll, keepChanges: 4, batch: 5 }), 0);
    await refused(watched(store, { since: 5 }), "compacted");
    const { changes } = await watched(store, { since: 6 });
    assert.deepEqual(
      changes.map(({ revision }) => revision),
      [7, 8, 9, 10],
    );
    assert.equal(
      (await store.resources.list({ kind: "project", limit: 10 })).items.length,
      5,
      "resources stay",
    );
  });

  test("compaction removes lines by age", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("a"));
    engine.advance(60_000);
    await put(store, project("b"));
    assert.equal(await store.feed.compact({ ...keepAll, keepMs: 30_000 }), 2);
    assert.deepEqual(await store.feed.head(), { revision: 4, compacted: 2 });
  });

  test("a watch from a revision that never was is refused", async () => {
    await using engine: Engine = await open();
    await put(engine.store, project("a"));
    await refused(watched(engine.store, { since: 3 }), "compacted");
  });
}
