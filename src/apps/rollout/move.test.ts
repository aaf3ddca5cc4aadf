import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { appSpecSchema, rolloutSchema } from "#api/kinds/app.ts";
import { instanceSpecSchema, type InstancePhase } from "#api/kinds/instance.ts";
import { componentSchema, type Component } from "#api/manifest.ts";
import { releaseSpecSchema } from "#api/kinds/release.ts";
import type { Id } from "#lib/ids.ts";
import type { App, Instance, Placement, Release } from "../observed.ts";
import { moveTo, type MoveInput } from "./move.ts";

const at = "2026-01-01T00:00:00.000Z";

function meta(kind: string, name: string) {
  const id = `res_${name}` as Id<"resource">; // only compared
  return {
    kind,
    project: "shop",
    name,
    id,
    generation: 1,
    revision: 1,
    labels: {},
    createdAt: at,
    updatedAt: at,
  };
}

function component(name: string, dependsOn: Component["dependsOn"] = []): Component {
  const runtime = { name: "node" as const, range: "*" };
  return componentSchema.parse({
    name,
    engines: ["model"],
    runtime,
    command: ["node"],
    port: 0,
    listens: true,
    dependsOn,
  });
}

function instance(name: string, phase: InstancePhase, release = 1): Instance {
  const spec = { app: "news", component: name, release, engine: "model", machine: "here" };
  const times = { startedAt: at, ...(phase === "ready" ? { readyAt: at } : {}) };
  return {
    ...meta("instance", `${name}-${release}-${phase}`),
    spec: instanceSpecSchema.parse(spec),
    status: { phase, ...times },
  };
}

function input(components: readonly Component[], instances: readonly Instance[], spec = {}): MoveInput {
  const appSpec = appSpecSchema.parse({ package: "news-1", ...spec });
  const app: App = { ...meta("app", "news"), spec: appSpec, status: {} };
  const release = {
    app: "news",
    number: 1,
    package: "news-1",
    packageDigest: `sha256:${"0".repeat(64)}`,
    version: "1.0.0",
  };
  const more = { appSpec, appGeneration: 1, difference: [], by: "ada" };
  const target: Release = {
    ...meta("release", "news-1"),
    spec: releaseSpecSchema.parse({ ...release, ...more }),
    status: {},
  };
  const here: Placement = { can: true, engine: "model", machine: "here" };
  return {
    app,
    target,
    components: new Map(components.map((one) => [one.name, one])),
    pools: [],
    instances,
    placements: new Map(components.map((one) => [`1/${one.name}`, here])),
    policy: rolloutSchema.parse({}),
    watchMs: 0,
    mayStart: true,
    mayDrainOld: true,
    replacesFailed: false,
    now: Date.parse(at) + 60_000,
  };
}

const started = (given: MoveInput) => moveTo(given).starts.map((start) => start.component);

describe("the moves of an app's components", () => {
  it("begin a component when what it depends on has come as far as it asks", () => {
    const database = component("database");
    const web = component("web", [{ component: "database", until: "ready" }]);
    const worker = component("worker", [{ component: "database", until: "started" }]);
    const all = [web, worker, database];
    assert.deepEqual(started(input(all, [])), ["database"]);
    assert.deepEqual(started(input(all, [instance("database", "starting")])), ["worker"]);
    assert.deepEqual(started(input(all, [instance("database", "ready")])), ["web", "worker"]);
  });

  it("do not wait for a component that is scaled to zero", () => {
    const web = component("web", [{ component: "database", until: "ready" }]);
    const scaled = { components: { database: { replicas: 0 } } };
    assert.deepEqual(started(input([web, component("database")], [], scaled)), ["web"]);
  });

  it("end a component that the release has no word for once the rest of it is there", () => {
    const old = instance("cache", "ready");
    const web = component("web");
    assert.deepEqual(moveTo(input([web], [old])).drains, []);
    const there = moveTo(input([web], [old, instance("web", "ready")]));
    assert.deepEqual(there.drains, [old]);
    assert.equal(there.isComplete, false);
  });

  it("give a pool as many as its scaler wants, and let those go first that have nothing to do", () => {
    const worker = component("worker");
    const copy = (name: string) => ({ ...instance("worker", "ready"), ...meta("instance", name) });
    const copies = ["a", "b", "c", "d"].map(copy);
    const pool = {
      component: "worker",
      min: 1,
      max: 8,
      drainSeconds: 60,
      keepSeconds: 60,
      reason: "",
      since: at,
    };
    const moves = (wanted: number, spare: readonly string[], spec = {}) =>
      moveTo({ ...input([worker], copies, spec), pools: [{ ...pool, wanted, spare: [...spare] }] });
    assert.deepEqual(
      moves(2, ["b", "c"]).drains.map(({ name }) => name),
      ["b", "c"],
    );
    assert.equal(moves(6, []).starts[0]?.count, 2);
    const fixed = moves(6, [], { components: { worker: { replicas: 4 } } });
    assert.deepEqual([fixed.starts, fixed.drains], [[], []]);
  });

  it("say why a component cannot run here", () => {
    const given = input([component("web")], []);
    const placements = new Map([["1/web", { can: false, reason: "no node" } as const]]);
    const moves = moveTo({ ...given, placements });
    assert.deepEqual([moves.starts, moves.blocked], [[], "Component web cannot run here: no node"]);
  });

  it("take a component that ends well, and is not to be started again, for ready", () => {
    const once = componentSchema.parse({ ...component("setup"), restart: "no" });
    const over = instance("setup", "stopped");
    const done: Instance = {
      ...over,
      status: { ...over.status, lastExit: { at, code: 0, reason: "exited" } },
    };
    assert.equal(moveTo(input([once], [done])).isComplete, true);
    const failed: Instance = {
      ...over,
      status: { ...over.status, lastExit: { at, code: 1, reason: "exited" } },
    };
    assert.equal(moveTo(input([once], [failed])).isComplete, false);
  });
});
