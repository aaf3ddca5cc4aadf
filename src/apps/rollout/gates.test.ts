import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { rolloutSchema } from "#api/kinds/app.ts";
import { instanceSpecSchema, type InstanceStatus } from "#api/kinds/instance.ts";
import { componentSchema } from "#api/manifest.ts";
import type { Id } from "#lib/ids.ts";
import type { Instance } from "../observed.ts";
import { isDrained } from "./drain.ts";
import { judge } from "./gates.ts";

const at = "2026-01-01T00:00:00.000Z";
const now = Date.parse(at) + 30_000;
const component = componentSchema.parse({
  name: "web",
  engines: ["model"],
  runtime: { name: "node", range: "*" },
  command: ["node"],
  port: 0,
  listens: true,
  stopGraceSeconds: 10,
});
const policy = rolloutSchema.parse({ readyWithinSeconds: 60, maxErrorPercent: 10, minRequests: 20 });

function instance(status: InstanceStatus, spec: Partial<Instance["spec"]> = {}): Instance {
  const wanted = { app: "news", component: "web", release: 2, engine: "model", machine: "here", ...spec };
  return {
    kind: "instance",
    project: "shop",
    name: "news-web-2-abcde",
    id: "res_1" as Id<"resource">, // only compared
    generation: 1,
    revision: 1,
    labels: {},
    createdAt: at,
    updatedAt: at,
    spec: instanceSpecSchema.parse(wanted),
    status,
  };
}

const traffic = (
  change: Partial<{ draining: boolean; inFlight: number; requests: number; failures: number }>,
) => new Map([["res_1", { draining: false, inFlight: 0, upgraded: 0, requests: 0, failures: 0, ...change }]]);
const verdict = (status: InstanceStatus, seen = traffic({}), later = 0) =>
  judge({
    instances: [instance(status)],
    components: new Map([["web", component]]),
    policy,
    traffic: seen,
    now: now + later,
  });

describe("the gates of a rollout", () => {
  it("give a new instance its time to become ready, and no more", () => {
    const starting: InstanceStatus = { phase: "starting", startedAt: at };
    assert.deepEqual(verdict(starting), { kind: "good-so-far", nextAt: Date.parse(at) + 60_000 });
    assert.deepEqual(verdict(starting, undefined, 30_000), {
      kind: "failed",
      reason: "Instance news-web-2-abcde was not ready within 60 s.",
    });
  });

  it("count the time anew when an instance was started again, and end it when it keeps crashing", () => {
    const again: InstanceStatus = { phase: "restarting", startedAt: "2026-01-01T00:00:29.000Z" };
    assert.equal(verdict(again, undefined, 30_000).kind, "good-so-far");
    const loop = verdict({ phase: "crash-loop", reason: "exit status 1" });
    assert.deepEqual(loop, {
      kind: "failed",
      reason: "Instance news-web-2-abcde keeps crashing: exit status 1",
    });
  });

  it("fail a release that fails too many requests, once there were enough of them to tell", () => {
    const ready: InstanceStatus = { phase: "ready", readyAt: at };
    assert.equal(verdict(ready, traffic({ requests: 19, failures: 19 })).kind, "good-so-far");
    assert.equal(verdict(ready, traffic({ requests: 100, failures: 10 })).kind, "good-so-far");
    assert.deepEqual(verdict(ready, traffic({ requests: 100, failures: 11 })), {
      kind: "failed",
      reason: "11 of 100 requests failed (11 %); at most 10 % may.",
    });
  });
});

describe("an instance that drains", () => {
  const wantedSince = "2026-01-01T00:00:20.000Z";
  const draining = instance({ phase: "draining", readyAt: at }, { wanted: "draining", wantedSince });
  const drained = (seen: ReturnType<typeof traffic>, later = 0) =>
    isDrained(draining, { traffic: seen, component, now: now + later });

  it("is drained when every gateway left it and nothing is in flight", () => {
    assert.equal(drained(traffic({ draining: true })), true);
    assert.equal(drained(traffic({ draining: true, inFlight: 1 })), false);
    assert.equal(drained(traffic({})), false);
  });

  it("is not drained in its first moment, when a snapshot with it may still be on its way", () => {
    const first = Date.parse(wantedSince) + 50;
    assert.equal(isDrained(draining, { traffic: traffic({ draining: true }), component, now: first }), false);
  });

  it("has its time and no more, whatever it still serves", () => {
    assert.equal(drained(traffic({ draining: true, inFlight: 1 }), 59_999), false);
    assert.equal(drained(traffic({ draining: true, inFlight: 1 }), 60_000), true);
  });
});
