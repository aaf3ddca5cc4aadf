import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Change, Event, Operation } from "#api/records.ts";
import {
  addEvent,
  appendOlder,
  changeList,
  changeOperation,
  changeResource,
  maxHistory,
  type History,
  type ResourceList,
} from "#console/data/feed-cache.ts";

function change(revision: number, type: Change["type"], name: string): Change {
  return { revision, type, kind: "project", name, object: { kind: "project", name, revision } };
}

const empty: ResourceList = { items: [], revision: 10, truncated: false };

test("a change older than the list is ignored", () => {
  assert.equal(changeList(empty, change(10, "created", "a")), empty);
});

test("a change that an item already holds is ignored", () => {
  const list = changeList(empty, change(12, "created", "a"));
  assert.equal(changeList(list, change(11, "updated", "a")), list);
});

test("created, updated and deleted resources keep the list in order of names", () => {
  const list = [change(11, "created", "m"), change(12, "created", "z"), change(13, "created", "a")].reduce(
    changeList,
    empty,
  );
  assert.deepEqual(
    list.items.map((item) => item.name),
    ["a", "m", "z"],
  );
  const after = changeList(changeList(list, change(14, "deleted", "m")), change(15, "updated", "z"));
  assert.deepEqual(
    after.items.map((item) => [item.name, item.revision]),
    [
      ["a", 13],
      ["z", 15],
    ],
  );
});

test("a list and a replay of changes from any point give the same list", () => {
  const types = fc.constantFrom("created", "updated", "deleted" as const);
  const history = fc.array(fc.tuple(types, fc.constantFrom("a", "b", "c", "d")), { maxLength: 30 });
  fc.assert(
    fc.property(history, fc.nat(30), (steps, from) => {
      const changes = steps.map(([type, name], at) => change(11 + at, type, name));
      const whole = changes.reduce(changeList, empty);
      const half = changes.slice(0, from).reduce(changeList, empty);
      const read = { ...half, revision: Math.max(10, ...changes.slice(0, from).map((c) => c.revision)) };
      assert.deepEqual(changes.reduce(changeList, read).items, whole.items);
    }),
  );
});

test("a deleted resource becomes null and does not come back by an older change", () => {
  const made = changeResource(null, change(11, "created", "a"));
  assert.equal(made?.name, "a");
  assert.equal(changeResource(made, change(12, "deleted", "a")), null);
});

function event(revision: number): Change {
  const object: Event = {
    id: `evt_${revision}`,
    revision,
    at: "2026-01-01T00:00:00.000Z",
    type: "project.created",
    severity: "info",
    message: "made",
  };
  return {
    revision,
    type: "created",
    kind: "event",
    name: object.id,
    object: JSON.parse(JSON.stringify(object)),
  };
}

test("events stay newest first, without duplicates and bounded", () => {
  let history: History<Event> = { items: [], complete: true };
  for (const revision of [3, 1, 2, 3]) history = addEvent(history, event(revision));
  assert.deepEqual(
    history.items.map((item) => item.revision),
    [3, 2, 1],
  );
  for (let revision = 4; revision <= maxHistory + 10; revision += 1)
    history = addEvent(history, event(revision));
  assert.equal(history.items.length, maxHistory);
  assert.equal(history.complete, false);
});

test("an operation is replaced only by a newer one", () => {
  const operation = (revision: number, percent: number): Change => {
    const object = { id: "op_1", revision, percent } as unknown as Operation; // only what the reducer reads
    return {
      revision,
      type: "updated",
      kind: "operation",
      name: "op_1",
      object: JSON.parse(JSON.stringify(object)),
    };
  };
  let history: History<Operation> = { items: [], complete: true };
  for (const step of [operation(5, 50), operation(4, 10), operation(6, 100)])
    history = changeOperation(history, step);
  assert.deepEqual(
    history.items.map((item) => item.percent),
    [100],
  );
});

test("an older page is put below and says when it was the last", () => {
  const history = { items: [{ id: "c" }, { id: "b" }], complete: false };
  assert.deepEqual(appendOlder(history, [{ id: "b" }, { id: "a" }], 100), {
    items: [{ id: "c" }, { id: "b" }, { id: "a" }],
    complete: true,
  });
});
