import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemActor } from "#api/actor.ts";
import type { OwnerRef, Resource, ResourceKey } from "#api/resource.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { openTestStore, testKinds, type TestStore } from "#test/support/store.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { createReconcilerDriver } from "../reconcile/driver.ts";
import { planOwnership } from "./plan.ts";
import { createOwnershipReconciler } from "./reconciler.ts";

const by = { actor: systemActor("test") };
const soon = (what: string) => ({ withinMs: 15_000, what });
const widget = (name: string): ResourceKey => ({ kind: "widget", project: "shop", name });

function resource(name: string, change: Partial<Resource> = {}): Resource {
  const at = "2026-01-01T00:00:00.000Z";
  const id = `res_${name}` as Resource["id"]; // only compared
  const rest = { generation: 1, revision: 1, labels: {}, spec: {}, status: {}, createdAt: at, updatedAt: at };
  return { ...widget(name), id, ...rest, ...change };
}

const gone = { deletingSince: "2026-01-02T00:00:00.000Z" };
const refTo = ({ kind, name, id }: Resource): OwnerRef => ({ kind, project: "shop", name, id });

describe("the plan for what is owned", () => {
  const owner = resource("owner");
  const child = resource("child", { owner: refTo(owner) });
  const seen = { owned: [], finalizedElsewhere: false };
  const deletion = [{ do: "delete", keys: [widget("child")] }];

  it("leaves alone what has no owner and what has a living one", () => {
    assert.deepEqual(planOwnership({ ...seen, key: owner, resource: owner }), []);
    assert.deepEqual(planOwnership({ ...seen, key: child, resource: child, owner }), []);
    assert.deepEqual(planOwnership({ ...seen, key: child }), []);
  });

  it("deletes what has an owner that is gone, is going, or is another one of the same name", () => {
    assert.deepEqual(planOwnership({ ...seen, key: child, resource: child }), deletion);
    const going = { ...owner, ...gone };
    assert.deepEqual(planOwnership({ ...seen, key: child, resource: child, owner: going }), deletion);
    const namesake = { ...owner, id: "res_other" as Resource["id"] }; // only compared
    assert.deepEqual(planOwnership({ ...seen, key: child, resource: child, owner: namesake }), deletion);
  });

  it("deletes what a deleted owner owns, waits for it, and then removes the owner unless others do", () => {
    const going = { ...owner, ...gone };
    const pass = { ...seen, key: owner, resource: going };
    assert.deepEqual(planOwnership({ ...pass, owned: [child] }), deletion);
    assert.deepEqual(planOwnership({ ...pass, owned: [{ ...child, ...gone }] }), []);
    assert.deepEqual(planOwnership(pass), [{ do: "finalize", key: widget("owner") }]);
    assert.deepEqual(planOwnership({ ...pass, finalizedElsewhere: true }), []);
  });
});

describe("the reconciler of what is owned", () => {
  let shared: TestStore;
  before(async () => {
    shared = await openTestStore();
    await shared.store.resources.apply({ kind: "project", name: "shop", labels: {}, spec: {} }, { by });
  });
  after(async () => await shared[Symbol.asyncDispose]());

  it("lets a whole family go with its head", async () => {
    const { resources, leases, feed } = shared.store;
    const apply = async (name: string, parent?: Resource) => {
      const owner = parent === undefined ? {} : { owner: refTo(parent) };
      return (await resources.apply({ ...widget(name), labels: {}, spec: {}, ...owner }, { by })).resource;
    };
    const head = await apply("head");
    const children = [await apply("child-1", head), await apply("child-2", head)];
    for (const child of children)
      for (let grandchild = 0; grandchild < 20; grandchild += 1)
        await apply(`${child.name}-${grandchild}`, child);
    await apply("bystander");
    const reconciler = createOwnershipReconciler({ resources, kinds: testKinds });
    const ports = { clock: systemClock, random: systemRandom, log: silentLog };
    const limits = { leaseTtlMs: 600, minGapMs: 5 };
    await using driver = createReconcilerDriver({ reconciler, leases, feed, holder: "a", limits, ...ports });
    driver.start();
    await waitFor(() => (driver.status().leader ? true : undefined), soon("leadership"));
    await resources.delete(widget("head"), { by });
    const left = await waitFor(async () => {
      const { items } = await resources.list({ kind: "widget", limit: 100 });
      return items.length === 1 ? items : undefined;
    }, soon("the end of the family"));
    assert.equal(left[0]?.name, "bystander");
  });
});
