import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { systemActor } from "#api/actor.ts";
import { machineStatusSchema } from "#api/kinds/machine.ts";
import { nameSchema } from "#api/names.ts";
import { machineSampleSchema } from "#api/system.ts";
import { probeHost } from "#drivers/host/probe.ts";
import { listProcesses } from "#drivers/host/processes.ts";
import { sampleHost } from "#drivers/host/sample.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { openTestStore, type TestStore } from "#test/support/store.ts";
import { waitFor } from "#test/support/wait-for.ts";
import { createOperations } from "../operations/operations.ts";
import { createReconcilerDriver } from "../reconcile/driver.ts";
import { createFactsCache } from "./facts.ts";
import type { HostCounters, HostProbe, HostProcess } from "./host-probe.ts";
import { machineName } from "./machine-name.ts";
import { planMachine, type Machine } from "./plan.ts";
import { startMachineProbe } from "./probe-operation.ts";
import { mostFirst, processesBetween, sampleBetween } from "./rates.ts";
import { createMachineReconciler } from "./reconciler.ts";

const by = { actor: systemActor("test") };
const soon = (what: string) => ({ withinMs: 15_000, what });
const gibibyte = 1024 ** 3;

const host: HostProbe = {
  groups: [{ name: "look at the host", look: probeHost }],
  sample: () => sampleHost(systemClock),
  processes: listProcesses,
};

function counters(change: Partial<HostCounters> = {}): HostCounters {
  return {
    at: Date.UTC(2026, 0, 1),
    monotonicMs: 0,
    cpu: { busy: 0, total: 0 },
    memory: { usedBytes: 1, totalBytes: 2 },
    disk: { readBytes: 0, writtenBytes: 0 },
    network: { receivedBytes: 0, sentBytes: 0 },
    load: [0, 0, 0],
    ...change,
  };
}

describe("the name of a machine", () => {
  it("is an RFC 1123 label, whatever the host is called", () => {
    assert.equal(machineName("Rack1.Example.COM"), "rack1-example-com");
    assert.equal(machineName("--"), "this-host");
    assert.equal(machineName("büro_7"), "bu-ro-7");
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
        assert.ok(nameSchema.safeParse(machineName(text)).success, machineName(text));
      }),
    );
  });
});

describe("rates between two readings", () => {
  it("are per second of monotonic time", () => {
    const earlier = counters({
      cpu: { busy: 100, total: 1_000 },
      disk: { readBytes: 1_000, writtenBytes: 0 },
    });
    const later = counters({
      monotonicMs: 2_000,
      cpu: { busy: 150, total: 1_200 },
      disk: { readBytes: 5_000, writtenBytes: 2_048 },
      network: { receivedBytes: 10, sentBytes: 30 },
    });
    const sample = sampleBetween(earlier, later);
    assert.equal(sample.cpuPercent, 25);
    assert.equal(sample.diskReadBytesPerSecond, 2_000);
    assert.equal(sample.diskWriteBytesPerSecond, 1_024);
    assert.equal(sample.networkSendBytesPerSecond, 15);
  });

  it("are 0 for a counter that went back, and for no time at all", () => {
    const earlier = counters({
      disk: { readBytes: 9_000, writtenBytes: 9_000 },
      cpu: { busy: 50, total: 90 },
    });
    const reset = sampleBetween(earlier, counters({ monotonicMs: 1_000, cpu: { busy: 1, total: 2 } }));
    assert.equal(reset.diskReadBytesPerSecond, 0);
    assert.equal(reset.cpuPercent, 0);
    const sameMoment = sampleBetween(counters(), counters({ disk: { readBytes: 5, writtenBytes: 5 } }));
    assert.equal(sameMoment.diskReadBytesPerSecond, 0);
  });

  it("fit the schema for any two readings", () => {
    const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
    const reading = fc.record({
      at: fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) }),
      monotonicMs: fc.double({ min: 0, max: 1e12, noNaN: true }),
      cpu: fc.record({ busy: count, total: count }),
      memory: fc.record({ usedBytes: count, totalBytes: count }),
      disk: fc.record({ readBytes: count, writtenBytes: count }),
      network: fc.record({ receivedBytes: count, sentBytes: count }),
      load: fc.tuple(fc.nat(), fc.nat(), fc.nat()),
    });
    fc.assert(
      fc.property(reading, reading, (earlier, later) => {
        const sample = machineSampleSchema.parse(sampleBetween(earlier, later));
        assert.ok(sample.cpuPercent >= 0 && sample.cpuPercent <= 100);
        assert.ok(sample.networkSendBytesPerSecond >= 0);
      }),
    );
  });

  it("give each process its share of a core, and none of it to a new owner of its pid", () => {
    const one = (pid: number, startTicks: number, cpuTicks: number): HostProcess => {
      const rest = { user: "root", name: "x", rssBytes: 1, state: "R", command: "x" };
      return { pid, startTicks, cpuTicks, ...rest };
    };
    const earlier = { monotonicMs: 0, processes: [one(1, 5, 100), one(2, 5, 1_000)] };
    const later = { monotonicMs: 1_000, processes: [one(2, 900, 40), one(1, 5, 150)] };
    const table = mostFirst(processesBetween(earlier, later), "cpu");
    assert.deepEqual(
      table.map(({ pid, cpuPercent }) => [pid, cpuPercent]),
      [
        [1, 50],
        [2, 0],
      ],
    );
  });
});

describe("the plan for this machine", () => {
  const disk = { mount: "/", device: "vda", filesystem: "ext4", sizeBytes: 9 * gibibyte };
  const facts = { hostname: "a", cores: 2, disks: [{ ...disk, freeBytes: 3 * gibibyte + 5 }] };
  const now = Date.UTC(2026, 0, 2);

  it("registers the host when it is missing", () => {
    assert.deepEqual(planMachine({ name: "a", facts }, now), [{ do: "register", name: "a" }]);
  });

  it("writes what was found once, and not again because time or a few bytes went", () => {
    const [action] = planMachine({ name: "a", facts, machine: machine() }, now);
    assert.ok(action?.do === "write-status");
    const status = machineStatusSchema.parse(action.status);
    assert.equal(status.disks?.[0]?.freeBytes, 3 * gibibyte);
    assert.equal(status.probedAt, "2026-01-02T00:00:00.000Z");
    const used = { ...facts, disks: [{ ...disk, freeBytes: 3 * gibibyte + 1 }] };
    const written = { ...machine(), status };
    assert.deepEqual(planMachine({ name: "a", facts: used, machine: written }, now + 60_000), []);
    const grown = { ...written, generation: 2 };
    assert.equal(planMachine({ name: "a", facts, machine: grown }, now).length, 1);
  });

  function machine(): Machine {
    const at = "2026-01-01T00:00:00.000Z";
    const id = "res_00000000000000000000000001" as Machine["id"]; // a literal of the right form
    const base = { kind: "machine", name: "a", id, generation: 1, revision: 1, labels: {} };
    return { ...base, spec: { title: "", schedulable: true }, status: {}, createdAt: at, updatedAt: at };
  }
});

describe("the reconciler of this machine", () => {
  let shared: TestStore;
  before(async () => (shared = await openTestStore()));
  after(async () => await shared[Symbol.asyncDispose]());

  it("registers the host with what it is, keeps what a user wrote, and looks again when asked", async () => {
    const { resources, leases, feed, operations: records } = shared.store;
    const ports = { clock: systemClock, random: systemRandom, log: silentLog };
    const facts = createFactsCache({ host, clock: systemClock });
    const key = { kind: "machine", name: "this-one" };
    const reconciler = createMachineReconciler({ resources, facts, name: key.name });
    const limits = { leaseTtlMs: 900, minGapMs: 5 };
    await using driver = createReconcilerDriver({ reconciler, leases, feed, holder: "a", limits, ...ports });
    driver.start();
    const found = await waitFor(async () => {
      const machine = await resources.get(key);
      return machine?.status["phase"] === "ready" ? machine : undefined;
    }, soon("a machine that is ready"));
    const status = machineStatusSchema.parse(found.status);
    assert.ok((status.cores ?? 0) > 0 && (status.programs?.length ?? 0) > 0);

    const spec = { title: "Rack 1", schedulable: false };
    const { resource } = await resources.apply({ ...key, labels: { rack: "1" }, spec }, { by });
    await using operations = createOperations({ operations: records, leases, holder: "a", ...ports });
    await operations.open();
    const wake = () => driver.wake(key.name);
    const { id } = await startMachineProbe(key.name, by, { operations, host, facts, wake });
    const ended = await waitFor(async () => {
      const operation = await records.get(id);
      return operation?.finishedAt === undefined ? undefined : operation;
    }, soon("the end of the probe"));
    assert.equal(ended.state, "succeeded");
    assert.deepEqual(
      ended.steps.map((step) => step.state),
      ["done", "done"],
    );
    const seen = await waitFor(async () => {
      const machine = await resources.get(key);
      return machine?.status["observedGeneration"] === resource.generation ? machine : undefined;
    }, soon("a status of the new generation"));
    assert.deepEqual(seen.spec, spec);
    assert.deepEqual(seen.labels, { rack: "1" });
  });
});
