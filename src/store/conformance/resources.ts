import assert from "node:assert/strict";
import { test } from "node:test";
import { VdcError } from "#api/errors.ts";
import {
  by,
  gadget,
  project,
  projectSpec,
  put,
  refused,
  widget,
  widgetSpec,
  type OpenEngine,
} from "./engine.ts";

export function resourceConformance(open: OpenEngine): void {
  applying(open);
  preconditions(open);
  patching(open);
  refusing(open);
  storing(open);
}

function applying(open: OpenEngine): void {
  test("an apply creates, changes, and then finds nothing to change", async () => {
    await using engine = await open();
    const { resources } = engine.store;
    const created = await put(engine.store, project("shop"), { title: "Shop" });
    assert.equal(created.outcome, "created");
    assert.equal(created.resource.generation, 1);
    assert.deepEqual(await resources.get(project("shop")), created.resource);
    const changed = await put(engine.store, project("shop"), { title: "Store" });
    assert.equal(changed.outcome, "changed");
    assert.deepEqual(changed.diff, [{ op: "replace", path: "spec.title", before: "Shop", after: "Store" }]);
    assert.equal(changed.resource.generation, 2);
    assert.equal(changed.resource.id, created.resource.id);
    assert.ok(changed.resource.revision > created.resource.revision);
    const head = await engine.store.feed.head();
    const unchanged = await put(engine.store, project("shop"), { title: "Store" });
    assert.deepEqual(unchanged, { outcome: "unchanged", resource: changed.resource, diff: [] });
    assert.deepEqual(await engine.store.feed.head(), head, "nothing was written");
  });

  test("labels change without a new generation", async () => {
    await using engine = await open();
    await put(engine.store, project("shop"));
    const wanted = { ...project("shop"), labels: { tier: "gold" }, spec: projectSpec() };
    const { resource, diff } = await engine.store.resources.apply(wanted, { by });
    assert.deepEqual(diff, [{ op: "add", path: "labels.tier", after: "gold" }]);
    assert.equal(resource.generation, 1);
  });

  test("status is written without touching spec, generation, events or audit", async () => {
    await using engine = await open();
    const { store } = engine;
    const { resource: before } = await put(store, project("shop"));
    assert.deepEqual(
      before.status,
      { phase: "active", usage: {} },
      "a new one has its kind's initial status",
    );
    const [events, audit] = [await store.events.list({ limit: 10 }), await store.audit.head()];
    const result = await store.resources.setStatus(
      project("shop"),
      { ...before.status, phase: "deleting" },
      { by },
    );
    assert.equal(result.outcome, "changed");
    assert.deepEqual(result.diff, [
      { op: "replace", path: "status.phase", before: "active", after: "deleting" },
    ]);
    assert.deepEqual(result.resource.spec, before.spec);
    assert.equal(result.resource.generation, 1);
    assert.deepEqual(await store.events.list({ limit: 10 }), events);
    assert.deepEqual(await store.audit.head(), audit);
    const again = await store.resources.setStatus(project("shop"), result.resource.status, { by });
    assert.equal(again.outcome, "unchanged");
  });

  test("a dry run says what would happen and writes nothing", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    const head = await store.feed.head();
    const created = await put(store, widget("lamp"), { title: "Lamp" }, { dryRun: true });
    assert.equal(created.outcome, "created");
    assert.equal(created.resource.revision, 0);
    assert.ok(created.diff.some((field) => field.path === "spec.title"));
    assert.equal(await store.resources.get(widget("lamp")), undefined);
    assert.equal((await put(store, project("shop"), { title: "x" }, { dryRun: true })).outcome, "changed");
    assert.equal((await store.resources.delete(project("shop"), { by, dryRun: true })).outcome, "deleting");
    assert.deepEqual(await store.feed.head(), head);
    assert.deepEqual(await store.resources.usage("shop"), {});
  });
}

function preconditions(open: OpenEngine): void {
  test("a write with a stale revision is refused, and one with the newest is done", async () => {
    await using engine = await open();
    const { resources } = engine.store;
    const first = await put(engine.store, project("shop"), {}, { ifRevision: "absent" });
    await refused(put(engine.store, project("shop"), {}, { ifRevision: "absent" }), "precondition-failed");
    const { revision } = first.resource;
    const second = await put(engine.store, project("shop"), { title: "2" }, { ifRevision: revision });
    await refused(
      put(engine.store, project("shop"), { title: "3" }, { ifRevision: revision }),
      "precondition-failed",
    );
    await refused(put(engine.store, project("other"), {}, { ifRevision: revision }), "precondition-failed");
    await refused(resources.delete(project("shop"), { by, ifRevision: revision }), "precondition-failed");
    await refused(
      resources.setStatus(project("shop"), {}, { by, ifRevision: revision }),
      "precondition-failed",
    );
    await resources.delete(project("shop"), { by, ifRevision: second.resource.revision });
    await refused(
      resources.finalize(project("shop"), { by, ifRevision: second.resource.revision }),
      "precondition-failed",
    );
  });

  test("of many that change the same revision at once, one wins", async () => {
    await using engine = await open();
    const { resource } = await put(engine.store, project("shop"));
    const tries = Array.from({ length: 20 }, (_, at) =>
      put(engine.store, project("shop"), { title: `${at}` }, { ifRevision: resource.revision }),
    );
    const results = await Promise.allSettled(tries);
    assert.equal(results.filter((result) => result.status === "fulfilled").length, 1);
  });
}

function patching(open: OpenEngine): void {
  test("patches of many callers at once all count", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    await put(store, widget("lamp"));
    const more = () =>
      store.resources.patch(
        widget("lamp"),
        ({ labels, spec }) => ({ labels, spec: { ...spec, instances: Number(spec["instances"]) + 1 } }),
        { by },
      );
    await Promise.all(Array.from({ length: 50 }, more));
    const lamp = await store.resources.get(widget("lamp"));
    assert.equal(lamp?.spec["instances"], 50);
    assert.equal(lamp.generation, 51);
    assert.deepEqual(await store.resources.usage("shop"), { instances: 50, resources: 1 });
  });

  test("a patch that throws refuses itself and nobody else", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    const broken = store.resources.patch(
      project("shop"),
      () => {
        throw new VdcError("invalid", "no");
      },
      { by },
    );
    const [refusal, done] = await Promise.allSettled([
      refused(broken, "invalid"),
      put(store, widget("lamp")),
    ]);
    assert.equal(refusal.status, "fulfilled");
    assert.equal(done.status, "fulfilled");
    await refused(
      store.resources.patch(widget("none"), (current) => current, { by }),
      "not-found",
    );
  });
}

function refusing(open: OpenEngine): void {
  test("a check sees what would change, and its refusal stops it", async () => {
    await using engine = await open();
    const { store } = engine;
    const { resource } = await put(store, project("shop"), { title: "Shop" });
    const refuse = put(
      store,
      project("shop"),
      { title: "Mine" },
      {
        check: ({ before, after, diff }) => {
          assert.deepEqual(before, resource);
          assert.equal(after?.spec["title"], "Mine");
          assert.deepEqual(
            diff.map((field) => field.path),
            ["spec.title"],
          );
          throw new VdcError("forbidden", "not yours");
        },
      },
    );
    await refused(refuse, "forbidden");
    assert.deepEqual(await store.resources.get(project("shop")), resource);
    const never = () => {
      throw new VdcError("forbidden", "not yours");
    };
    await refused(put(store, project("shop"), { title: "Shop" }, { check: never }), "forbidden");
    await refused(store.resources.delete(project("shop"), { by, check: never }), "forbidden");
  });

  test("keys that fit no kind are refused", async () => {
    await using engine = await open();
    const { store } = engine;
    await refused(put(store, { kind: "nothing", name: "x" }), "not-found");
    await refused(put(store, { kind: "widget", name: "x" }), "invalid");
    await refused(put(store, { kind: "project", project: "shop", name: "x" }), "invalid");
    await refused(put(store, widget("lamp", "nowhere")), "not-found");
  });

  test("an owner must be there under its own identity", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    const { resource } = await put(store, gadget("drill"));
    const wanted = { ...widget("bit"), labels: {}, spec: widgetSpec() };
    const owner = { ...gadget("drill"), id: resource.id };
    // An id of another resource stands for one that was given to an earlier drill.
    const former = (await put(store, gadget("saw"))).resource.id;
    await refused(store.resources.apply({ ...wanted, owner: { ...owner, id: former } }, { by }), "not-found");
    const made = await store.resources.apply({ ...wanted, owner }, { by });
    assert.deepEqual(made.resource.owner, owner);
    assert.deepEqual(await store.resources.get(widget("bit")), made.resource);
    assert.deepEqual(await store.resources.ownedBy(resource.id, 10), [made.resource]);
    await refused(
      store.resources.apply({ ...wanted, owner: { ...gadget("saw"), id: former } }, { by }),
      "conflict",
    );
    assert.deepEqual((await put(store, widget("bit"), { title: "9 mm" })).resource.owner, owner, "it stays");
  });
}

function storing(open: OpenEngine): void {
  test("what cannot be stored is refused with the field's name, and its neighbours are written", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    const odd: unknown[] = [
      "a\0b",
      "half \ud800",
      { "key\0": 1 },
      Array.from({ length: 100 }).reduce((inner) => [inner], 1),
    ];
    const tries = odd.map((value, at) =>
      // Not all of these are JSON as the types say; they come from outside.
      refused(put(store, widget(`odd-${at}`), { settings: { value: value as string } }), "invalid"),
    );
    const [, ...errors] = await Promise.all([put(store, widget("good")), ...tries]);
    assert.equal(errors[0]?.fields[0]?.path, "body.spec.settings.value");
    assert.equal((await store.resources.list({ kind: "widget", limit: 10 })).items.length, 1);
  });

  test("strange but storable values come back as they went in", async () => {
    await using engine = await open();
    const { store } = engine;
    await put(store, project("shop"));
    const settings = {
      escaped: "\\u0000 \\ud800 \u001e \"quoted\" {a,b} 'x' \n\t",
      emoji: "😀é\u202e",
      numbers: [0, -1, 1.5, 1e300, 1e-7, Number.MAX_SAFE_INTEGER],
      nothing: null,
      "": { __proto__x: [[], {}] },
    };
    const { resource } = await put(store, widget("odd"), { settings });
    assert.deepEqual((await store.resources.get(widget("odd")))?.spec["settings"], settings);
    assert.deepEqual(await store.resources.get(widget("odd")), resource);
    const again = await put(store, widget("odd"), { settings: { ...settings, zero: -0 } });
    assert.equal(again.outcome, "changed");
    assert.equal(
      (await put(store, widget("odd"), { settings: { ...settings, zero: -0 } })).outcome,
      "unchanged",
    );
  });
}
