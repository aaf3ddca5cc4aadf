import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { trafficSampleSchema } from "#api/apps.ts";
import type { GatewayStatus } from "../gateway-api.ts";
import { readingOf, sampleBetween } from "./sample.ts";

const start = Date.parse("2026-01-01T00:00:00.000Z");
const app = { project: "p", name: "news" };

function status(changes: Partial<GatewayStatus> = {}): GatewayStatus {
  return {
    name: "gateway-1",
    pid: 1,
    version: "1",
    startedAt: "2025-01-01T00:00:00.000Z",
    snapshotVersion: 1,
    draining: false,
    listeners: [],
    connections: 0,
    members: [],
    routes: [],
    ...changes,
  };
}

function route(id: string, pool: string, requests: number, latency: [number, number][] = []) {
  return {
    id,
    pools: [pool],
    requests,
    status2xx: requests,
    status3xx: 0,
    status4xx: 0,
    status5xx: 0,
    refused: {},
    held: 0,
    holding: 0,
    retries: 0,
    requestBytes: 0,
    responseBytes: requests * 10,
    latency,
  };
}

function member(id: string, pool: string, requests: number, inFlight: number) {
  return {
    id,
    pool,
    requests,
    inFlight,
    state: "active" as const,
    health: "healthy" as const,
    upgraded: 0,
    failures: 0,
    concurrencyLimit: 10,
  };
}

function reading(seconds: number, statuses: Readonly<Record<string, GatewayStatus>>) {
  const answers = Object.entries(statuses).map(([id, one]) => ({ gateway: { id }, status: one }));
  return readingOf({ answers, silent: [] }, { at: start + seconds * 1000, monotonic: seconds * 1000 });
}

describe("a sample of traffic", () => {
  it("sums an app's routes and instances over all gateways, by the time between two readings", () => {
    const of = (one: number, two: number) => ({
      a: status({
        routes: [route("p/news", "p/news/web", one), route("p/other", "p/other/web", one * 7)],
        members: [member("i1", "p/news/web", one, 2), member("i2", "p/other/web", one * 7, 9)],
      }),
      b: status({
        routes: [{ ...route("p/news", "p/news/web", two), holding: 3, held: two, status5xx: two / 2 }],
        members: [member("i1", "p/news/web", two, 1)],
      }),
    });
    const sample = trafficSampleSchema.parse(
      sampleBetween(reading(0, of(10, 20)), reading(2, of(30, 60)), app),
    );
    assert.deepEqual(
      [sample.requestsPerSecond, sample.errorsPerSecond, sample.holding, sample.heldPerSecond],
      [30, 10, 3, 20],
    );
    assert.equal(sample.responseBytesPerSecond, 300);
    assert.deepEqual(sample.instances, [{ instance: "i1", requestsPerSecond: 30, inFlight: 3 }]);
    assert.equal(sample.at, "2026-01-01T00:00:02.000Z");
  });

  it("counts a gateway that started in between from nothing, and one that was only silent not at all", () => {
    const old = status({ routes: [route("p/news", "p/news/web", 1_000)] });
    const fresh = status({
      startedAt: "2026-01-01T00:00:00.500Z",
      routes: [route("p/news", "p/news/web", 5)],
    });
    const sample = sampleBetween(reading(0, {}), reading(1, { a: old, b: fresh }), app);
    assert.equal(sample.requestsPerSecond, 5);
    const next = sampleBetween(reading(0, { a: old, b: fresh }), reading(1, { a: old }), app);
    assert.equal(next.requestsPerSecond, 0);
  });

  it("tells percentiles from what was added to the classes, spread evenly within one", () => {
    const of = (few: number, many: number) =>
      status({
        routes: [
          route("p/news", "p/news/web", few + many, [
            [10, many],
            [100, few],
            [1_000, 0],
          ]),
        ],
      });
    const sample = sampleBetween(reading(0, { a: of(5, 900) }), reading(1, { a: of(7, 998) }), app);
    assert.ok(sample.p50Ms > 4 && sample.p50Ms < 6, String(sample.p50Ms));
    assert.ok(sample.p99Ms > 10 && sample.p99Ms < 100, String(sample.p99Ms));
    assert.deepEqual(sampleBetween(reading(0, {}), reading(1, {}), app).p99Ms, 0);
  });
});
