import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { instanceSpecSchema } from "#api/kinds/instance.ts";
import type { InstanceObservation } from "../engine.ts";
import type { Instance } from "../observed.ts";
import { planInstance, type InstanceObserved } from "./plan.ts";

const at = "2026-01-01T00:00:00.000Z";
const now = Date.parse(at) + 10_000;
const key = "shop/news-web-1-abcde";
const id = "res_1" as Instance["id"]; // only compared

function instance(change: Partial<Instance["spec"]> = {}, more: Partial<Instance> = {}): Instance {
  const spec = instanceSpecSchema.parse({
    app: "news",
    component: "web",
    release: 1,
    engine: "model",
    machine: "here",
    ...change,
  });
  const meta = { generation: 1, revision: 1, labels: {}, createdAt: at, updatedAt: at };
  return {
    kind: "instance",
    project: "shop",
    name: "news-web-1-abcde",
    id,
    ...meta,
    spec,
    status: { phase: "pending" },
    ...more,
  };
}

function held(change: Partial<InstanceObservation> = {}): InstanceObservation {
  const identity = {
    project: "shop",
    app: "news",
    component: "web",
    instance: "news-web-1-abcde",
    release: 1,
  };
  const running = { phase: "ready", pid: 7, startedAt: now - 2_000, readyAt: now - 1_000 } as const;
  return {
    id,
    identity,
    address: "127.0.0.1",
    port: 4_000,
    restarts: 0,
    protections: [],
    ...running,
    ...change,
  };
}

const seen = (change: Partial<InstanceObserved>): InstanceObserved => ({ key, orphans: [], ...change });
const did = (observed: InstanceObserved) => planInstance(observed, now).map((action) => action.do);
const ended = (): InstanceObservation => {
  const { pid: _, readyAt: _ready, ...rest } = held({ phase: "stopped" });
  return rest;
};

describe("the plan of an instance", () => {
  it("starts what nothing holds, and shows what is held", () => {
    assert.deepEqual(did(seen({ instance: instance() })), ["start", "write-status"]);
    const [write] = planInstance(seen({ instance: instance(), held: held() }), now);
    assert.ok(write?.do === "write-status");
    assert.equal(write.status.phase, "ready");
    assert.equal(write.status.port, 4_000);
    assert.deepEqual(did(seen({ instance: instance({}, { status: write.status }), held: held() })), []);
  });

  it("says why a start failed, and does not move the time of it at every pass", () => {
    const [, first] = planInstance(seen({ instance: instance(), startError: "no runtime" }), now);
    assert.ok(first?.do === "write-status");
    assert.equal(first.status.phase, "failed");
    const again = seen({ instance: instance({}, { status: first.status }), startError: "no runtime" });
    assert.ok(!planInstance(again, now + 60_000).some((action) => action.do === "write-status"));
  });

  it("shows what drains as draining and goes on holding it", () => {
    const [write] = planInstance(seen({ instance: instance({ wanted: "draining" }), held: held() }), now);
    assert.ok(write?.do === "write-status" && write.status.phase === "draining");
  });

  it("stops what may be ended, and then shows it as stopped, whatever it ended as", () => {
    assert.ok(did(seen({ instance: instance({ wanted: "stopped" }), held: held() })).includes("stop"));
    const { pid: _, readyAt: _ready, ...failed } = held({ phase: "failed" });
    const [write, ...rest] = planInstance(
      seen({ instance: instance({ wanted: "stopped" }), held: failed }),
      now,
    );
    assert.ok(write?.do === "write-status" && write.status.phase === "stopped");
    assert.deepEqual(rest, []);
  });

  it("starts what was stopped from outside, and lets rest what ended by itself", () => {
    const stopped = { ...ended(), lastExit: { at, reason: "stopped" as const } };
    assert.ok(did(seen({ instance: instance(), held: stopped })).includes("start"));
    const done = { ...ended(), lastExit: { at, code: 0, reason: "exited" as const } };
    assert.ok(!did(seen({ instance: instance(), held: done })).includes("start"));
  });

  it("does not start again what may be ended", () => {
    assert.deepEqual(did(seen({ instance: instance({ wanted: "stopped" }) })), ["write-status"]);
    assert.deepEqual(did(seen({ instance: instance({ wanted: "draining" }) })), ["write-status"]);
  });

  it("lets an instance that is deleted finish what it serves before it stops it", () => {
    const gone = instance({}, { deletingSince: at });
    const busy = { draining: true, inFlight: 1, upgraded: 0, requests: 9, failures: 0 };
    assert.ok(did(seen({ instance: gone, held: held(), traffic: busy })).includes("wait"));
    assert.ok(
      did(
        seen({ instance: gone, held: held(), traffic: { ...busy, draining: false, inFlight: 0 } }),
      ).includes("wait"),
    );
    assert.ok(
      did(seen({ instance: gone, held: held(), traffic: { ...busy, inFlight: 0 } })).includes("stop"),
    );
    const late = planInstance(seen({ instance: gone, held: held(), traffic: busy }), now + 120_000);
    assert.ok(late.some((action) => action.do === "stop"));
  });

  it("forgets and finalizes what has ended", () => {
    const gone = instance({}, { deletingSince: at });
    assert.deepEqual(did(seen({ instance: gone, held: ended() })), ["forget", "finalize"]);
    assert.deepEqual(did(seen({ instance: gone })), ["finalize"]);
  });

  it("ends what an engine holds for a resource that is gone", () => {
    assert.deepEqual(did(seen({ orphans: [held()] })), ["stop"]);
    assert.deepEqual(did(seen({ orphans: [ended()] })), ["forget"]);
  });
});
