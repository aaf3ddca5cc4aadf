import { systemActor } from "#api/actor.ts";
import type { BackupFiles } from "#apps/backup/backup-files.ts";
import type { InstanceEngine } from "#apps/engine.ts";
import { buildRun, type RunPorts } from "#apps/instance/build-run.ts";
import { createInstanceReconciler } from "#apps/instance/reconciler.ts";
import { createPlacements, type Placements } from "#apps/placement.ts";
import type { Addresses, PackageFiles, PortNumbers, S3Place, TrafficView, VolumeFiles } from "#apps/ports.ts";
import { createAppReconciler } from "#apps/reconcile.ts";
import { createHookRuns, type HookRuns } from "#apps/rollout/hook-runs.ts";
import { createSecretReconciler } from "#apps/secret/reconciler.ts";
import { createAppService, type AppService } from "#apps/service.ts";
import { createVolumeReconciler } from "#apps/volume/reconciler.ts";
import type { Operations } from "#control/operations/operations.ts";
import {
  createReconcilerDriver,
  type DriverOptions,
  type ReconcilerDriver,
} from "#control/reconcile/driver.ts";
import { VdcError } from "#api/errors.ts";
import { background } from "#lib/background.ts";
import type { PostgresStore } from "#store/postgres/open.ts";
import { createAppAccounts } from "#store/secrets/app-accounts.ts";
import { createSecrets, keptVersions, type Secrets } from "#store/secrets/secrets.ts";

/** What apps need of this machine. */
export interface AppsHere {
  /** Those of this machine, best first. */
  readonly engines: readonly InstanceEngine[];
  readonly files: PackageFiles;
  readonly volumes: VolumeFiles;
  readonly ports: PortNumbers;
  readonly traffic: TrafficView;
  readonly addresses: Addresses;
  /** Absent: there is no object store. */
  readonly s3: S3Place | undefined;
  /** Where the data center answers; absent where nothing serves its API. */
  readonly center?: RunPorts["center"];
  readonly backups: BackupFiles;
  /** 32 bytes that seal the values of secrets. */
  readonly secretKey: Uint8Array;
}

export interface AppsOptions {
  readonly here: AppsHere;
  readonly store: PostgresStore;
  readonly operations: Operations;
  /** Name of this host's machine. */
  readonly machine: string;
}

export interface Apps extends Disposable {
  readonly drivers: readonly ReconcilerDriver[];
  readonly secrets: Secrets;
  readonly service: AppService;
}

/** From one pass of an app or an instance to the next: a deployment is a chain of them, and somebody waits for it. */
const minGapMs = 25;
/** Instances that are looked at at once. */
const instancesAtOnce = 16;
/** After a broken wake-up stream of an engine. */
const changesRetryMs = 1_000;

type Common = Omit<DriverOptions<unknown, unknown>, "reconciler" | "limits">;

/** Starts what keeps apps, instances, volumes and secrets what they should be. */
export function startApps(options: AppsOptions, common: Common): Apps {
  const { here, store, machine } = options;
  const { clock, random, log } = common;
  const { resources } = store;
  const base = baseOf(options, common);
  // Each is woken by what the other finds out, so the drivers are known only when all are made.
  const wakeApp = (key: string) => appDriver.wake(key);
  const hooks = createHookRuns({ prepare: prepareHook(base), wake: wakeApp, log });
  const app = createAppReconciler({
    ...store,
    ...base,
    traffic: here.traffic,
    addresses: here.addresses,
    hooks,
    clock,
    random,
    log,
    setSecret: async (secret, by) => await base.secrets.set(secret, by),
    wake: wakeApp,
  });
  const instance = createInstanceReconciler({
    ...base,
    ...base.runPorts,
    ports: here.ports,
    traffic: here.traffic,
    resources,
    machine,
    clock,
    log,
    wake: (key) => instanceDriver.wake(key),
  });
  const appDriver = createReconcilerDriver({ ...common, reconciler: app, limits: { minGapMs } });
  const instanceDriver: ReconcilerDriver = createReconcilerDriver({
    ...common,
    reconciler: instance,
    limits: { minGapMs, concurrency: instancesAtOnce },
  });
  const volume = createVolumeReconciler({ resources, volumes: here.volumes, machine, clock });
  const secret = createSecretReconciler({ resources, secrets: base.secrets, keptVersions });
  const drivers = [
    appDriver,
    instanceDriver,
    createReconcilerDriver({ ...common, reconciler: volume }),
    createReconcilerDriver({ ...common, reconciler: secret }),
  ];
  for (const driver of drivers) driver.start();
  const stopping = new AbortController();
  for (const engine of base.engines.values())
    background(followEngine(engine, instanceDriver, common, stopping.signal), "apps.engine.follow", log);
  return {
    drivers,
    secrets: base.secrets,
    service: serviceOf(options, common, { ...base, hooks }),
    [Symbol.dispose]: () => {
      stopping.abort(new VdcError("interrupted", "control stops"));
      hooks.stop();
      app[Symbol.dispose]();
      instance[Symbol.dispose]();
    },
  };
}

/** What both the reconcilers and the service work with. */
interface Base {
  readonly secrets: Secrets;
  readonly engines: ReadonlyMap<string, InstanceEngine>;
  readonly placements: Placements;
  readonly runPorts: RunPorts;
}

function baseOf({ here, store, machine }: AppsOptions, { clock, random }: Common): Base {
  const secrets = createSecrets({ store, key: here.secretKey, clock, random });
  const accounts = createAppAccounts(store, { actor: systemActor("control") });
  const engines = new Map(here.engines.map((engine) => [engine.name, engine]));
  return {
    secrets,
    engines,
    placements: createPlacements({ engines, machine, clock }),
    runPorts: {
      resources: store.resources,
      secrets,
      files: here.files,
      volumes: here.volumes,
      addresses: here.addresses,
      s3: here.s3,
      center: here.center,
      accountOf: async (project, app) => await accounts.numberOf({ machine, project, app }),
    },
  };
}

function serviceOf(
  { here, store, operations, machine }: AppsOptions,
  { clock, random }: Common,
  { runPorts, engines, placements, hooks }: Base & { readonly hooks: HookRuns },
): AppService {
  const { resources } = store;
  const backup = { ...runPorts, resources, operations, hooks, files: here.backups, clock, random };
  const { addresses, traffic, s3 } = here;
  return createAppService({
    resources,
    placements,
    addresses,
    s3,
    operations,
    engines,
    machine,
    traffic,
    backup,
    clock,
  });
}

/** An engine says which instances changed; their passes look at what it was. */
async function followEngine(
  engine: InstanceEngine,
  driver: ReconcilerDriver,
  { clock, log }: Common,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const id of engine.changes(signal)) {
        const held = await engine.observe(id);
        if (held !== undefined) driver.wake(`${held.identity.project}/${held.identity.instance}`);
      }
    } catch (error) {
      if (!signal.aborted) log.warn("apps.engine.changes-broken", { engine: engine.name, error });
    }
    await clock.sleep(changesRetryMs, signal).catch(() => undefined); // stopping: the loop ends
  }
}

/** A hook runs as its component would: the same files, settings, secrets and volumes, without a port. */
function prepareHook({
  engines,
  placements,
  runPorts,
}: Base): Parameters<typeof createHookRuns>[0]["prepare"] {
  return async (release, component, name) => {
    const instance = `hook-${name}`;
    const run = await buildRun(
      { id: `${release.id}-${name}`, instance, component, release, port: 0 },
      runPorts,
    );
    const placement = await placements.place(run.component);
    const engine = placement.can ? engines.get(placement.engine) : undefined;
    if (!placement.can) throw new VdcError("unsupported", placement.reason);
    if (engine === undefined)
      throw new VdcError("unsupported", `There is no engine ${placement.engine} here.`);
    return { engine, run };
  };
}
