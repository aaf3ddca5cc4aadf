import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { GatewayStatus } from "../gateway-api.ts";
import { gatewayMetrics } from "./metrics-text.ts";

const status: GatewayStatus = {
  name: "gateway-1",
  pid: 7,
  version: "1",
  startedAt: "2026-01-01T00:00:00.000Z",
  snapshotVersion: 4,
  draining: false,
  listeners: [],
  connections: 2,
  refused: { "rule:bare-lf": 4 },
  pools: [
    {
      id: "p/a/web",
      holding: 2,
      holdCause: "no-instance",
      held: 7,
      denied: { "hold-deadline": 1 },
      ejections: 0,
      retries: 5,
      retriesRefused: 6,
      panicked: 0,
    },
  ],
  members: [
    {
      id: "i1",
      pool: "p/a/web",
      state: "active",
      health: "ejected",
      inFlight: 1,
      upgraded: 0,
      requests: 9,
      failures: 2,
      concurrencyLimit: 5,
    },
  ],
  routes: [
    {
      id: 'p/"odd"',
      requests: 6,
      status2xx: 5,
      status3xx: 0,
      status4xx: 0,
      status5xx: 1,
      held: 1,
      refused: { "rate-limit": 3 },
      holding: 0,
      retries: 0,
      requestBytes: 1,
      responseBytes: 2,
      latency: [
        [1, 2],
        [10, 3],
        [100, 1],
      ],
    },
  ],
};

describe("the gateways' metrics", () => {
  const text = gatewayMetrics([status, { ...status, name: "gateway-2", pid: 8 }]);

  it("stand together by name, each under one HELP and one TYPE, with a series for each process", () => {
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    assert.equal(new Set(names).size, names.length);
    let current = "";
    for (const line of text.trimEnd().split("\n")) {
      if (line.startsWith("# TYPE")) current = line.split(" ")[2] ?? "";
      else if (!line.startsWith("#")) assert.ok(line.startsWith(current), line);
    }
    assert.match(
      text,
      /^vdc_gateway_connections\{gateway="gateway-1",pid="7"\} 2\n.*gateway-2",pid="8"\} 2$/m,
    );
    assert.match(text, /^vdc_gateway_instance_healthy\{.*instance="i1"\} 0$/m);
    assert.match(text, /^vdc_gateway_refused_total\{.*why="rate-limit"\} 3$/m);
    assert.match(text, /^vdc_gateway_unrouted_total\{.*why="rule:bare-lf"\} 4$/m);
    assert.match(text, /^vdc_gateway_pool_denied_total\{.*pool="p\/a\/web",why="hold-deadline"\} 1$/m);
  });

  it("have histograms that count up to +Inf, and labels that cannot break out", () => {
    const buckets = [...text.matchAll(/_bucket\{gateway="gateway-1".*le="([^"]+)"\} (\d+)$/gm)];
    assert.deepEqual(
      buckets.map(([, le, count]) => [le, count]),
      [
        ["0.001", "2"],
        ["0.01", "5"],
        ["0.1", "6"],
        ["+Inf", "6"],
      ],
    );
    assert.match(text, /route="p\/\\"odd\\""/);
  });
});
