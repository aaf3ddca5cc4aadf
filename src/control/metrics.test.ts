import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { silentLog } from "#lib/log.ts";
import { systemClock } from "#lib/clock.ts";
import { createMetrics, type MetricSources } from "./metrics.ts";

const numbers = { revision: 7, logLength: 5, auditSequence: 3, waitingWrites: 1, watchers: 2 };
const sources: MetricSources = {
  store: async () => await Promise.resolve(numbers),
  drivers: () => [
    {
      status: () => ({ name: "project", leader: true, failures: 4 }),
      gauges: { waiting: 6, running: 1, dropped: 0 },
    },
  ],
  operationsRunning: () => 9,
  samplesDropped: () => 0,
};

describe("metrics", () => {
  it("show what was counted and what the sources say now", async () => {
    const metrics = createMetrics({ sources, version: "1.2.3", clock: systemClock, log: silentLog });
    metrics.observeRequest({ route: "operation.get", status: 200, seconds: 0.003 });
    metrics.observeCommit({ mutations: 12, seconds: 0.002 });
    metrics.passes.passed("project", "failed", 0.2);
    metrics.housekeeping.cut("events", 50, true);
    const text = await metrics.text();
    for (const line of [
      'vdc_http_request_seconds_count{route="operation.get",status="200"} 1',
      'vdc_store_batch_mutations_bucket{le="16"} 1',
      'vdc_reconciler_pass_seconds_count{reconciler="project",outcome="failed"} 1',
      'vdc_housekeeping_rows_total{chore="events"} 50',
      'vdc_housekeeping_behind{chore="events"} 1',
      "vdc_store_revision 7",
      "vdc_store_up 1",
      'vdc_reconciler_failures{reconciler="project"} 4',
      "vdc_operations_running 9",
      'vdc_build_info{version="1.2.3"} 1',
    ])
      assert.ok(text.split("\n").includes(line), line);
    assert.match(text, /vdc_process_cpu_seconds_total \d/);
    assert.match(metrics.contentType, /^text\/plain/);
  });

  it("have names of one form, and a help text", async () => {
    const metrics = createMetrics({ sources, version: "1.2.3", clock: systemClock, log: silentLog });
    const lines = (await metrics.text()).split("\n").filter((line) => line.startsWith("# HELP "));
    assert.ok(lines.length > 15);
    for (const line of lines) assert.match(line, /^# HELP vdc(_[a-z]+)+ [A-Z1]/);
  });

  it("are given also while the database does not answer", async () => {
    const down = async () => await Promise.reject(new Error("no route"));
    const metrics = createMetrics({
      sources: { ...sources, store: down },
      version: "1.2.3",
      clock: systemClock,
      log: silentLog,
    });
    const lines = (await metrics.text()).split("\n");
    assert.ok(lines.includes("vdc_store_up 0"));
    assert.ok(lines.includes("vdc_operations_running 9"));
  });
});
