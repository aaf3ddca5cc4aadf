import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemActor } from "#api/actor.ts";
import { projectSpecSchema } from "#api/kinds/project.ts";
import type { Operation } from "#api/records.ts";
import type { Resource } from "#api/resource.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { openTestStore, testKinds, type TestStore } from "#test/support/store.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { createReconcilerDriver, type ReconcilerDriver } from "../reconcile/driver.ts";
import { deletionType } from "./deletion-operation.ts";
import { planProject, type Project, type ProjectObserved } from "./plan.ts";
import { createProjectReconciler, deletionBatch } from "./reconciler.ts";

const by = { actor: systemActor("test") };
const soon = (what: string) => ({ withinMs: 15_000, what });

describe("the plan for a project", () => {
  it("writes the status when usage or phase differ, and nothing when only the spec changed", () => {
    const stands = projectWith({ generation: 3 });
    const usage = { resources: 2, instances: 0 };
    const [action] = planProject(observed({ project: stands, usage }));
    assert.ok(action?.do === "write-status");
    const status = { phase: "active", usage: { resources: 2 } };
    assert.deepEqual(action.status, status);
    const written = { ...stands, status: action.status };
    assert.deepEqual(planProject(observed({ project: written, usage })), []);
    assert.deepEqual(planProject(observed({ project: { ...written, generation: 4 }, usage })), []);
    assert.equal(planProject(observed({ project: written, usage: { resources: 3 } })).length, 1);
  });

  it("shows the deletion before it deletes anything", () => {
    const keys = [{ kind: "widget", project: "shop", name: "lamp" }];
    const plan = planProject(observed({ project: deleting(), deletable: keys, remaining: 1 }));
    assert.deepEqual(
      plan.map((action) => action.do),
      ["begin-operation"],
    );
  });

  it("deletes what is left and says how much it is", () => {
    const keys = [{ kind: "widget", project: "shop", name: "lamp" }];
    const seen = { project: deleting(), deletable: keys, remaining: 3, operation: operation(5) };
    assert.deepEqual(
      planProject(observed(seen)).map((action) => action.do),
      ["delete-resources", "show-progress"],
    );
    const waiting = { ...seen, deletable: [], operation: operation(3) };
    assert.deepEqual(planProject(observed(waiting)), [], "what others have to finish is waited for");
  });

  it("removes a project only when nothing is left in it", () => {
    const plan = planProject(observed({ project: deleting(), operation: operation(0) }));
    assert.deepEqual(
      plan.map((action) => action.do),
      ["finalize"],
    );
  });

  it("ends the operation when the project is gone, also when another has its name already", () => {
    const running = operation(0);
    assert.deepEqual(planProject(observed({ operation: running })), [
      { do: "end-operation", operation: running },
    ]);
    const plan = planProject(observed({ project: settled(projectWith({})), operation: running }));
    assert.deepEqual(
      plan.map((action) => action.do),
      ["end-operation"],
    );
  });
});

describe("the reconciler of projects", () => {
  let shared: TestStore;
  before(async () => (shared = await openTestStore()));
  after(async () => await shared[Symbol.asyncDispose]());

  const drive = (): ReconcilerDriver => {
    const { resources, operations, leases, feed } = shared.store;
    const ports = { clock: systemClock, random: systemRandom };
    const reconciler = createProjectReconciler({ resources, operations, kinds: testKinds, ...ports });
    const limits = { leaseTtlMs: 600, minGapMs: 5 };
    const holder = String(Math.random());
    return createReconcilerDriver({
      reconciler,
      leases,
      feed,
      holder,
      limits,
      log: silentLog,
      ...ports,
    });
  };
  const apply = async (kind: string, project: string | undefined, name: string) => {
    const spec = testKinds.get(kind)?.spec.parse({}) ?? {};
    const key = project === undefined ? { kind, name } : { kind, project, name };
    return await shared.store.resources.apply({ ...key, labels: {}, spec }, { by });
  };
  const get = async (name: string) => await shared.store.resources.get({ kind: "project", name });
  const deletion = async (name: string, ...states: Operation["state"][]) =>
    (await shared.store.operations.list({ projects: [name], states, limit: 10 })).filter(
      (one) => one.type === deletionType,
    );

  it("keeps the usage in the status true", async () => {
    await apply("project", undefined, "usage");
    await using driver = drive();
    driver.start();
    for (const name of ["a", "b", "c"]) await apply("widget", "usage", name);
    const stands = await waitFor(async () => {
      const found = await get("usage");
      return JSON.stringify(found?.status).includes('"resources":3') ? found : undefined;
    }, soon("the usage of three widgets"));
    assert.equal(stands.status["phase"], "active");
    assert.equal(stands.generation, 1);
  });

  it("takes a deleted project apart, shows it as one operation, and ends that truthfully", async () => {
    const count = deletionBatch + 30;
    await apply("project", undefined, "doomed");
    const names = Array.from({ length: count }, (_, at) => `w-${at}`);
    await Promise.all(names.map(async (name) => await apply("widget", "doomed", name)));
    await shared.store.resources.delete({ kind: "project", name: "doomed" }, { by });
    await using driver = drive();
    driver.start();
    await waitFor(
      async () => ((await get("doomed")) === undefined ? true : undefined),
      soon("the end of the project"),
    );
    const [ended] = await waitFor(async () => {
      const found = await deletion("doomed", "succeeded");
      return found.length > 0 ? found : undefined;
    }, soon("the end of the operation"));
    assert.equal(ended?.percent, 100);
    assert.deepEqual(ended.result, { resources: count });
    assert.deepEqual(
      ended.steps.map((step) => step.state),
      ["done", "done"],
    );
    assert.ok(ended.log.length >= 2);
  });

  it("waits for the owner of a finalized kind, and carries on with the same operation after a restart", async () => {
    await apply("project", undefined, "slow");
    await apply("gadget", "slow", "drill");
    await apply("widget", "slow", "lamp");
    await shared.store.resources.delete({ kind: "project", name: "slow" }, { by });
    const first = drive();
    first.start();
    const [begun] = await waitFor(async () => {
      const found = await deletion("slow", "running");
      return found[0]?.result?.["remaining"] === 1 ? found : undefined;
    }, soon("one resource that remains"));
    await first.stop();
    const gadget = { kind: "gadget", project: "slow", name: "drill" };
    assert.notEqual((await shared.store.resources.get(gadget))?.deletingSince, undefined);
    await shared.store.resources.finalize(gadget, { by });
    await using second = drive();
    second.start();
    const ended = await waitFor(async () => (await deletion("slow", "succeeded"))[0], soon("the end"));
    assert.equal(ended.id, begun?.id);
    assert.equal(await get("slow"), undefined);
  });

  it("ends the operation of a project that went while nobody led", async () => {
    await apply("project", undefined, "vanished");
    await apply("gadget", "vanished", "drill");
    await shared.store.resources.delete({ kind: "project", name: "vanished" }, { by });
    const first = drive();
    first.start();
    await waitFor(async () => (await deletion("vanished", "running"))[0], soon("the operation"));
    await waitFor(async () => {
      const gadget = await shared.store.resources.get({ kind: "gadget", project: "vanished", name: "drill" });
      return gadget?.deletingSince;
    }, soon("the gadget's deletion"));
    await first.stop();
    await shared.store.resources.finalize({ kind: "gadget", project: "vanished", name: "drill" }, { by });
    await shared.store.resources.finalize({ kind: "project", name: "vanished" }, { by });
    await using second = drive();
    second.start();
    await waitFor(async () => (await deletion("vanished", "succeeded"))[0], soon("the end of the operation"));
  });
});

function projectWith(change: Partial<Project>): Project {
  const at = "2026-01-01T00:00:00.000Z";
  const id = "res_00000000000000000000000001" as Resource["id"]; // a literal of the right form
  const base = { kind: "project", name: "shop", id, generation: 1, revision: 1, labels: {} };
  return { ...base, spec: projectSpecSchema.parse({}), status: {}, createdAt: at, updatedAt: at, ...change };
}

function settled(one: Project): Project {
  const phase = one.deletingSince === undefined ? "active" : "deleting";
  return { ...one, status: { phase, usage: {} } };
}

function deleting(): Project {
  return settled(projectWith({ deletingSince: "2026-01-02T00:00:00.000Z" }));
}

function observed(seen: Partial<ProjectObserved>): ProjectObserved {
  return { name: "shop", usage: {}, deletable: [], remaining: 0, ...seen };
}

function operation(remaining: number): Operation {
  const at = "2026-01-02T00:00:00.000Z";
  return {
    id: "op_1",
    revision: 2,
    type: deletionType,
    title: "Delete project shop",
    actor: by.actor,
    state: "running",
    percent: 0,
    steps: [],
    log: [],
    cancelable: false,
    createdAt: at,
    updatedAt: at,
    result: { resources: 5, remaining },
  };
}
