import type { MachineProcess, System } from "#api/system.ts";
import { startAuditVerification } from "#control/audit/verify.ts";
import { startMachineProbe } from "#control/machine/probe-operation.ts";
import { createProcessTable } from "#control/machine/process-table.ts";
import type { MachineService, Services } from "#server/services.ts";
import { appServices } from "./app-services.ts";
import type { ControlPlaneOptions, SupervisorPort } from "./control-plane.ts";
import type { House } from "./house.ts";

/** The house as the server's handlers see it. */
export function servicesOf(house: House, options: ControlPlaneOptions): Services {
  const { store, auth, operations, memberships } = house;
  return {
    kinds: options.kinds,
    store,
    auth,
    operations,
    traffic: house.traffic,
    objects: house.objects.service,
    incidents: house.incidents.service,
    burstMoney: house.burstMoney.service,
    burst: house.burst.service,
    metrics: metricsWithGateways(house),
    clock: options.clock,
    rolesChanged: (resource, removed) => memberships.applyLocal(resource, removed),
    rolesSeen: (revision) => memberships.seen(revision),
    verifyAudit: (by) => startAuditVerification(by, { audit: store.audit, operations }),
    dataCenter: options.name,
    version: options.version,
    ...appServices(house.apps),
    machine: machineService(house, options),
    system: {
      read: () => readSystem(house, options),
      restartPart: (part) => options.supervisor.restart(part),
    },
  };
}

/** A scrape waits this long for the gateways; what one of them says is not worth losing the rest. */
const gatewayMetricsWithinMs = 3_000;

/** Control's own numbers, then those of every gateway process here. */
function metricsWithGateways({ metrics, traffic }: House): Services["metrics"] {
  return {
    contentType: metrics.contentType,
    text: async () => {
      const within = AbortSignal.timeout(gatewayMetricsWithinMs);
      const [own, gateways] = await Promise.all([metrics.text(), traffic.metrics(within)]);
      return own + gateways;
    },
  };
}

function machineService(house: House, options: ControlPlaneOptions): MachineService {
  const { host, clock, supervisor } = options;
  const { sampler, operations, facts, machineName: name } = house;
  const table = createProcessTable({ host, clock });
  return {
    name,
    history: () => sampler.history(),
    stream: (signal) => sampler.stream(signal),
    processes: async (query, signal) => await withParts(table.read(query, signal), supervisor),
    probe: (by) =>
      startMachineProbe(name, by, { operations, host, facts, wake: () => house.machineDriver.wake() }),
  };
}

async function readSystem(house: House, options: ControlPlaneOptions): Promise<System> {
  const { store, drivers, startedAt } = house;
  const [head, leases, parts] = await Promise.all([
    store.feed.head(),
    store.leases.list(),
    options.supervisor.parts(),
  ]);
  return {
    name: options.name,
    version: options.version,
    startedAt,
    revision: head.revision,
    compactedRevision: head.compacted,
    parts: [...parts],
    leases: [...leases],
    reconcilers: drivers.map((driver) => driver.status()),
  };
}

async function withParts(
  table: Promise<readonly MachineProcess[]>,
  supervisor: SupervisorPort,
): Promise<readonly MachineProcess[]> {
  const [processes, parts] = await Promise.all([table, supervisor.parts()]);
  const names = new Map(parts.flatMap((part) => (part.pid === undefined ? [] : [[part.pid, part.name]])));
  return processes.map((one) => {
    const part = names.get(one.pid);
    return part === undefined ? one : { ...one, part };
  });
}
