import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Operation } from "#api/records.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { HousekeepingObserver } from "./housekeeping/reconciler.ts";
import type { PassObserver, ReconcilerDriver } from "./reconcile/driver.ts";

/** Where gauges come from; asked at every scrape and at no other time. */
export interface MetricSources {
  readonly store: () => Promise<StoreGauges>;
  readonly drivers: () => readonly Pick<ReconcilerDriver, "status" | "gauges">[];
  readonly operationsRunning: () => number;
  readonly samplesDropped: () => number;
}

export interface StoreGauges {
  readonly revision: number;
  readonly logLength: number;
  readonly auditSequence: number;
  readonly waitingWrites: number;
  readonly watchers: number;
  /** Revisions that are committed but that this process's watchers have not been given. */
  readonly feedLag?: number;
}

/** What Prometheus reads. Labels come from closed lists: routes, statuses, reconcilers, types of operations. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  /** For the server: after every answer. `route` is a route's id, `console` or `none`. */
  observeRequest(request: {
    readonly route: string;
    readonly status: number;
    readonly seconds: number;
  }): void;
  /** For the store: after every commit. */
  observeCommit(commit: { readonly mutations: number; readonly seconds: number }): void;
  operationEnded(operation: Operation): void;
  readonly passes: PassObserver;
  readonly housekeeping: HousekeepingObserver;
}

/**
 * The process's own figures are read at the scrape. prom-client's default ones are not used: their watch of the event loop
 * wakes the process a hundred times a second, which is 0.57 % of a core while nothing happens (measured).
 */
export function createMetrics(options: {
  readonly sources: MetricSources;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}): Metrics {
  const registry = new Registry();
  const observers = createObservers(registry);
  const refresh = [
    processGauges(registry, options),
    storeGauges(registry, options),
    controlGauges(registry, options.sources),
  ];
  return {
    ...observers,
    contentType: registry.contentType,
    text: async () => {
      for (const read of refresh) await read();
      return await registry.metrics();
    },
  };
}

const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];
const passBuckets = [0.001, 0.005, 0.025, 0.1, 0.5, 2, 10, 60];

function createObservers(registry: Registry): Omit<Metrics, "contentType" | "text"> {
  const registers = [registry];
  const requests = new Histogram({
    name: "vdc_http_request_seconds",
    help: "Time to answer a request",
    labelNames: ["route", "status"],
    buckets: requestBuckets,
    registers,
  });
  const commits = new Histogram({
    name: "vdc_store_commit_seconds",
    help: "Time of one transaction of the store's writer",
    buckets: requestBuckets,
    registers,
  });
  const batches = new Histogram({
    name: "vdc_store_batch_mutations",
    help: "Mutations that went into one transaction",
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers,
  });
  const passSeconds = new Histogram({
    name: "vdc_reconciler_pass_seconds",
    help: "Time of one pass of one key",
    labelNames: ["reconciler", "outcome"],
    buckets: passBuckets,
    registers,
  });
  const ended = new Counter({
    name: "vdc_operations_ended_total",
    help: "Operations that ended in this process",
    labelNames: ["type", "state"],
    registers,
  });
  return {
    observeRequest: ({ route, status, seconds }) =>
      requests.observe({ route, status: String(status) }, seconds),
    observeCommit: ({ mutations, seconds }) => {
      commits.observe(seconds);
      batches.observe(mutations);
    },
    operationEnded: ({ type, state }) => ended.inc({ type, state }),
    passes: {
      passed: (reconciler, outcome, seconds) => passSeconds.observe({ reconciler, outcome }, seconds),
    },
    housekeeping: housekeepingMetrics(registers),
  };
}

function housekeepingMetrics(registers: Registry[]): HousekeepingObserver {
  const rows = new Counter({
    name: "vdc_housekeeping_rows_total",
    help: "Rows cut because they were too old or too many",
    labelNames: ["chore"],
    registers,
  });
  const behind = new Gauge({
    name: "vdc_housekeeping_behind",
    help: "1 when the last pass of the chore ended at its bound with more to cut",
    labelNames: ["chore"],
    registers,
  });
  const overdue = new Gauge({
    name: "vdc_housekeeping_overdue_changes",
    help: "Changes in the log above the number that is kept",
    registers,
  });
  return {
    kept: (_, tooMany) => overdue.set(tooMany),
    cut: (chore, count, isBehind) => {
      rows.inc({ chore }, count);
      behind.set({ chore }, isBehind ? 1 : 0);
    },
  };
}

type Refresh = () => void | Promise<void>;

function processGauges(
  registry: Registry,
  { version, clock }: { readonly version: string; readonly clock: Clock },
): Refresh {
  const registers = [registry];
  const cpu = new Counter({
    name: "vdc_process_cpu_seconds_total",
    help: "User and system time of this process",
    registers,
  });
  const resident = new Gauge({ name: "vdc_process_resident_bytes", help: "Memory in use", registers });
  const heap = new Gauge({ name: "vdc_process_heap_bytes", help: "Memory of JavaScript objects", registers });
  const started = new Gauge({
    name: "vdc_process_start_time_seconds",
    help: "When it started, since the Unix epoch",
    registers,
  });
  new Gauge({
    name: "vdc_build_info",
    help: "1, with the version as a label",
    labelNames: ["version"],
    registers,
  }).set({ version }, 1);
  started.set(Math.round(clock.now() / 1000 - process.uptime()));
  return () => {
    const { user, system } = process.cpuUsage();
    cpu.reset();
    cpu.inc((user + system) / 1_000_000);
    const memory = process.memoryUsage();
    resident.set(memory.rss);
    heap.set(memory.heapUsed);
  };
}

function storeGauges(
  registry: Registry,
  { sources, log }: { readonly sources: MetricSources; readonly log: Log },
): Refresh {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  const up = gauge("vdc_store_up", "1 when the database answered this scrape");
  const gauges = {
    revision: gauge("vdc_store_revision", "Newest revision"),
    logLength: gauge("vdc_store_log_changes", "Changes that the log keeps"),
    auditSequence: gauge("vdc_audit_entries", "Entries of the audit chain"),
    waitingWrites: gauge("vdc_store_waiting_writes", "Mutations that wait for the writer of this process"),
    watchers: gauge("vdc_store_watchers", "Watches open in this process"),
    feedLag: gauge("vdc_feed_lag_changes", "Committed changes that this process has not read yet"),
  } satisfies Record<keyof StoreGauges, Gauge>;
  return async () => {
    try {
      const numbers = await sources.store();
      up.set(1);
      for (const [key, one] of Object.entries(gauges)) {
        const value = numbers[key as keyof StoreGauges]; // the gauges have the numbers' names, see `satisfies`
        if (value !== undefined) one.set(value);
      }
    } catch (error) {
      // The rest is still worth reading, most of all now; the store's figures stay as they were last.
      up.set(0);
      log.warn("metrics.store.failed", { error });
    }
  };
}

function controlGauges(registry: Registry, sources: MetricSources): Refresh {
  const labelled = (name: string, help: string) =>
    new Gauge({ name, help, labelNames: ["reconciler"], registers: [registry] });
  const leader = labelled("vdc_reconciler_leader", "1 when this process leads the reconciler");
  const waiting = labelled("vdc_reconciler_waiting_keys", "Keys that wait for a pass");
  const failures = labelled("vdc_reconciler_failures", "Passes that failed in a row");
  const dropped = labelled("vdc_reconciler_dropped_keys", "Keys that found the queue full since the start");
  const running = new Gauge({
    name: "vdc_operations_running",
    help: "Operations that run in this process",
    registers: [registry],
  });
  const samples = new Gauge({
    name: "vdc_machine_samples_dropped",
    help: "Samples that slow readers lost since the start",
    registers: [registry],
  });
  return () => {
    for (const { gauges, ...driver } of sources
      .drivers()
      .map((one) => ({ gauges: one.gauges, ...one.status() }))) {
      const labels = { reconciler: driver.name };
      leader.set(labels, driver.leader ? 1 : 0);
      failures.set(labels, driver.failures);
      waiting.set(labels, gauges.waiting);
      dropped.set(labels, gauges.dropped);
    }
    running.set(sources.operationsRunning());
    samples.set(sources.samplesDropped());
  };
}
