import { isoTime } from "#lib/clock.ts";
import { createAuth, type Auth } from "#control/auth/auth.ts";
import { authLimits } from "#control/auth/limits.ts";
import { Memberships } from "#control/auth/memberships.ts";
import { createFactsCache, type FactsCache } from "#control/machine/facts.ts";
import { machineName } from "#control/machine/machine-name.ts";
import { createSampler, type Sampler } from "#control/machine/sampler.ts";
import { createMetrics, type Metrics } from "#control/metrics.ts";
import { createOperations, type Operations } from "#control/operations/operations.ts";
import { ensureFirstProject } from "#control/project/first-project.ts";
import type { ReconcilerDriver } from "#control/reconcile/driver.ts";
import { createAccounts } from "#store/accounts/create-accounts.ts";
import { openPostgresStore, type PostgresStore } from "#store/postgres/open.ts";
import { openApps, type OpenedApps } from "./apps-here.ts";
import { openBurst, type OpenedBurst } from "./burst.ts";
import { startPools } from "./burst-pools.ts";
import { openBurstMoney, type OpenedBurstMoney } from "./burst-money.ts";
import type { ControlPlaneOptions } from "./control-plane.ts";
import { startDrivers } from "./drivers.ts";
import { startIncidents, type OpenedIncidents } from "./incidents.ts";
import { startObjects, type OpenedObjects } from "./objects.ts";
import { startTraffic } from "./traffic.ts";
import { openTrafficService } from "./traffic-observe.ts";
import type { TrafficService } from "#traffic/observe/traffic-service.ts";

/** What a control process works with, behind the server. */
export interface House {
  readonly store: PostgresStore;
  readonly memberships: Memberships;
  readonly auth: Auth;
  readonly operations: Operations;
  readonly metrics: Metrics;
  readonly sampler: Sampler;
  /** What the gateways see. */
  readonly traffic: TrafficService;
  readonly facts: FactsCache;
  readonly drivers: readonly ReconcilerDriver[];
  readonly machineDriver: ReconcilerDriver;
  /** Absent where there is no data directory to keep them in. */
  readonly apps?: OpenedApps;
  readonly objects: OpenedObjects;
  readonly incidents: OpenedIncidents;
  readonly burstMoney: OpenedBurstMoney;
  readonly burst: OpenedBurst;
  /** Name of this host's machine. */
  readonly machineName: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** Opens the store and starts what runs on it; `opening` gets everything that has to be closed, in order. */
export async function openHouse(
  options: ControlPlaneOptions,
  publicUrl: () => string,
  opening: AsyncDisposableStack,
): Promise<House> {
  const { kinds, clock, random, log, holder, oidc, host } = options;
  const startedAt = isoTime(clock.now());
  const common = { clock, random, log };
  const drivers: ReconcilerDriver[] = [];
  const metrics = createMetrics({
    // Asked at a scrape, when all of these exist.
    sources: {
      store: async () => await store.numbers(),
      drivers: () => drivers,
      operationsRunning: () => operations.running,
      samplesDropped: () => sampler.dropped,
    },
    version: options.version,
    clock,
    log,
  });
  const observeCommit: Metrics["observeCommit"] = (commit) => metrics.observeCommit(commit);
  const store = opening.use(
    await openPostgresStore({ url: options.databaseUrl, kinds, observeCommit, ...common }),
  );
  if (options.predecessor !== undefined) await store.leases.releaseAll(options.predecessor);
  if (options.firstProject !== undefined) await ensureFirstProject(store, options.firstProject);
  const limits = { ...authLimits, ...options.authLimits };
  const memberships = opening.use(new Memberships({ store, limits, ...common }));
  memberships.start();
  await memberships.seen(0);
  const accounts = createAccounts(store);
  const auth = createAuth({ accounts, projects: memberships, publicUrl, oidc, limits, ...common });
  const sampler = opening.use(createSampler({ host, clock, log }));
  const runFolder = options.gateways?.directory.gatewayRun;
  const traffic = opening.use(openTrafficService({ runFolder, clock, log }));
  const { burstMoney, burst } = await openLending(options, store, opening);
  const operations = opening.use(
    createOperations({
      ...common,
      ...store,
      holder,
      onEnd: (operation) => metrics.operationEnded(operation),
    }),
  );
  await operations.open();
  const machine = machineName(options.hostname);
  const facts = createFactsCache({ host, clock });
  const started = startDrivers({ ...common, store, kinds, holder, auth, metrics, facts, machine });
  drivers.push(...started.all);
  const { apps, objects, incidents, ...opened } = await openCapabilities(
    options,
    { ...common, store, operations, traffic, machine, metrics, publicUrl, burst },
    opening,
  );
  drivers.push(...opened.drivers);
  opening.defer(async () => {
    await Promise.all(drivers.map((driver) => driver.stop()));
  });
  sampler.start();
  const base = { store, memberships, auth, operations, metrics, sampler };
  const house = { ...base, traffic, facts, objects, incidents, burstMoney, burst, drivers };
  const rest = { machineDriver: started.machine, machineName: machine, startedAt };
  return { ...house, ...(apps === undefined ? {} : { apps }), ...rest };
}

/** What lends cores, and what it costs. */
async function openLending(
  { name, firstProject, objects, dataDirectory, holder, clock, random, log }: ControlPlaneOptions,
  store: PostgresStore,
  opening: AsyncDisposableStack,
): Promise<Pick<House, "burstMoney" | "burst">> {
  const common = { store, clock, random, log };
  const burstMoney = await openBurstMoney(
    { dataCenter: name, firstProject: firstProject?.name, ...common },
    opening,
  );
  const burst = await openBurst({ money: burstMoney, objects, dataDirectory, holder, ...common }, opening);
  return { burstMoney, burst };
}

interface Capabilities extends Pick<House, "objects" | "incidents" | "drivers"> {
  readonly apps: OpenedApps | undefined;
}

/** What runs apps on this machine, keeps its gateways working, looks after the object store and tells of incidents. */
async function openCapabilities(
  options: ControlPlaneOptions,
  parts: Pick<House, "store" | "operations" | "traffic" | "metrics" | "burst"> &
    Pick<ControlPlaneOptions, "clock" | "random" | "log"> & {
      readonly machine: string;
      readonly publicUrl: () => string;
    },
  opening: AsyncDisposableStack,
): Promise<Capabilities> {
  const { store, operations, traffic, metrics, machine, publicUrl, clock, random, log } = parts;
  const { resources, leases, feed } = store;
  const { dataDirectory, gateways, holder } = options;
  const driving = { clock, random, log, leases, feed, holder, observer: metrics.passes };
  const view = { store, operations, traffic: traffic.view, s3: options.objects, machine, publicUrl };
  const apps =
    dataDirectory === undefined
      ? undefined
      : await openApps({ dataDirectory, gateways, ...view }, driving, opening);
  const secrets = apps?.secrets;
  const objects = startObjects({ here: options.objects, store, operations, secrets }, driving);
  const incidents = startIncidents({ status: options.status, resources, secrets }, driving, opening);
  const pools = startPools({ store, scheduler: parts.burst.scheduler }, driving, opening);
  const drivers = [...(apps?.drivers ?? []), ...objects.drivers, ...incidents.drivers, pools];
  if (gateways === undefined) return { apps, objects, incidents, drivers };
  const secretValue = async (project: string, name: string) =>
    (await apps?.secrets.read(project, name))?.value;
  const gatewayDrivers = startTraffic({ gateways, resources, machine, secretValue }, driving);
  return { apps, objects, incidents, drivers: [...drivers, ...gatewayDrivers] };
}
