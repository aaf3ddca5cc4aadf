import type { Attribution } from "#api/actor.ts";
import type { AppPlan, Engine, InstanceUsage, LogEntry } from "#api/apps.ts";
import { VdcError, type FieldError } from "#api/errors.ts";
import { appSpecSchema } from "#api/kinds/app.ts";
import type { Operation } from "#api/records.ts";
import type { Resource } from "#api/resource.ts";
import { parseInput } from "#api/validate.ts";
import type { Clock } from "#lib/clock.ts";
import type { JsonObject } from "#lib/json.ts";
import type { Operations } from "#control/operations/operations.ts";
import { listAll } from "#control/reconcile/list-all.ts";
import type { ResourceStore } from "#store/store.ts";
import { backupId, type KeptBackup } from "./backup/backup-files.ts";
import { startBackup, startRestore, type BackupPorts, type BackupSubject } from "./backup/backups.ts";
import type { ExecRequest, ExecSession, InstanceEngine } from "./engine.ts";
import type { App, Instance, Package, Release } from "./observed.ts";
import type { TrafficView } from "./ports.ts";
import { checkApp } from "./preview/check.ts";
import { gatherFacts, type FactPorts } from "./preview/facts.ts";
import { previewApp } from "./preview/preview.ts";
import { lastGoodOf, newestOf } from "./rollout/target.ts";
import { mergedLogs, type LogsQuery } from "./service/logs.ts";
import { restartApp } from "./service/restart.ts";
import { rollBackTo } from "./service/rollback.ts";
import { createTop } from "./service/top.ts";

export interface AppServiceOptions extends FactPorts {
  readonly resources: ResourceStore;
  readonly operations: Operations;
  readonly engines: ReadonlyMap<string, InstanceEngine>;
  /** Name of this machine. */
  readonly machine: string;
  readonly traffic: TrafficView;
  readonly backup: Omit<BackupPorts, "instancesOf">;
  readonly clock: Clock;
}

interface Named {
  readonly project: string;
  readonly name: string;
}

/** What people do with apps, beside writing their specs. Everything that names an app throws `not-found` when there is none. */
export interface AppService {
  /** What is wrong with a spec; empty when it can be done. Never throws for a spec, whatever it holds. */
  check(app: Named, spec: JsonObject): Promise<readonly FieldError[]>;
  plan(app: Named, spec: JsonObject): Promise<AppPlan>;
  rollback(app: Named, to: number | undefined, by: Attribution): Promise<Resource>;
  restart(app: Named, component: string | undefined, by: Attribution): Promise<Operation>;
  backup(app: Named, by: Attribution): Promise<Operation>;
  restore(app: Named, backup: string, by: Attribution): Promise<Operation>;
  backups(app: Named): Promise<readonly Omit<KeptBackup, "volumes">[]>;
  logs(app: Named, query: LogsQuery, signal: AbortSignal): Promise<AsyncIterable<LogEntry>>;
  top(app: Named, signal: AbortSignal): Promise<readonly InstanceUsage[]>;
  exec(instance: Named, request: ExecRequest, by: Attribution): Promise<ExecSession>;
  engines(): Promise<readonly Engine[]>;
}

const maxLookedAt = 5_000;
const listMs = 10_000;

export function createAppService(options: AppServiceOptions): AppService {
  const { resources, operations, engines, machine, traffic, clock } = options;
  const top = createTop({ engines, traffic, clock });
  const { instancesOf, releasesOf, subjectOf } = lookups(resources);
  const backup: BackupPorts = {
    ...options.backup,
    instancesOf: async ({ project = "", name }) => (await instancesOf({ project, name })).length,
  };
  return {
    check: async (app, given) => {
      const spec = appSpecSchema.safeParse(given);
      return spec.success ? checkApp(await gatherFacts(app, spec.data, options)) : [];
    },
    plan: async (app, given) => {
      const spec = parseInput(appSpecSchema, given, "The app's spec");
      return previewApp(await gatherFacts(app, spec, options));
    },
    rollback: async (app, to, by) =>
      await rollBackTo(await requireApp(app, resources), await releasesOf(app), to, { resources, by }),
    restart: async (app, component, by) =>
      await restartApp(await requireApp(app, resources), component, by, {
        resources,
        operations,
        clock,
        instances: async () => await instancesOf(app),
      }),
    backup: async (app, by) => await startBackup(await subjectOf(app), by, backup),
    restore: async (app, id, by) => await startRestore(await subjectOf(app), id, by, backup),
    backups: async ({ project, name }) => {
      await requireApp({ project, name }, resources);
      const kept = await backup.files.list({ project, app: name });
      return kept.filter(({ id }) => backupId.test(id)).map(({ volumes: _, ...shown }) => shown);
    },
    logs: async (app, query, signal) => {
      await requireApp(app, resources);
      const instances = async () =>
        (await instancesOf(app)).filter(
          ({ name, spec }) =>
            spec.machine === machine &&
            (query.component === undefined || spec.component === query.component) &&
            (query.instance === undefined || name === query.instance),
        );
      return mergedLogs(query, { instances, engines, clock }, signal);
    },
    top: async (app, signal) => {
      await requireApp(app, resources);
      return await top(await instancesOf(app), signal);
    },
    exec: async (named, request) => await exec(named, request, options),
    engines: async () => await Promise.resolve([...engines.values()].map(engineFacts)),
  };
}

/** What belongs to an app. */
function lookups(resources: ResourceStore) {
  const own = async <Kind extends Release | Instance>(kind: string, { project, name }: Named) => {
    const selector = [{ on: "field", key: "spec.app", op: "in", values: [name] }] as const;
    const query = { kind, projects: [project], selector };
    const limits = { max: maxLookedAt, signal: AbortSignal.timeout(listMs) };
    const found: Kind[] = [];
    for await (const one of listAll(resources, query, limits)) found.push(one as Kind); // the store holds what the kind's schema let in
    return found;
  };
  const instancesOf = async (app: Named) => await own<Instance>("instance", app);
  const releasesOf = async (app: Named) =>
    (await own<Release>("release", app)).toSorted((a, b) => a.spec.number - b.spec.number);
  const subjectOf = async (named: Named): Promise<BackupSubject> => {
    const app = await requireApp(named, resources);
    const releases = await releasesOf(named);
    const release = lastGoodOf(releases) ?? newestOf(releases);
    if (release === undefined) throw new VdcError("conflict", `App ${named.name} has no release yet.`);
    const key = { kind: "package", project: named.project, name: release.spec.package };
    const found = (await resources.get(key)) as Package | undefined; // as above
    if (found === undefined) throw new VdcError("conflict", `Package ${key.name} is not there any more.`);
    return { app, release, package: found };
  };
  return { instancesOf, releasesOf, subjectOf };
}

async function requireApp({ project, name }: Named, resources: ResourceStore): Promise<App> {
  // The store holds what the kind's schema let in.
  const app = (await resources.get({ kind: "app", project, name })) as App | undefined;
  if (app === undefined)
    throw new VdcError("not-found", `There is no app '${name}' in project '${project}'.`);
  return app;
}

async function exec(
  { project, name }: Named,
  request: ExecRequest,
  { resources, engines, machine }: AppServiceOptions,
): Promise<ExecSession> {
  // The store holds what the kind's schema let in.
  const instance = (await resources.get({ kind: "instance", project, name })) as Instance | undefined;
  if (instance === undefined)
    throw new VdcError("not-found", `There is no instance '${name}' in project '${project}'.`);
  if (instance.spec.machine !== machine)
    throw new VdcError(
      "unsupported",
      `Instance ${name} runs on machine ${instance.spec.machine}; ask control there.`,
    );
  const engine = engines.get(instance.spec.engine);
  if (engine === undefined || !engine.capabilities.exec)
    throw new VdcError("unsupported", `Engine ${instance.spec.engine} cannot run commands in an instance.`);
  if (request.terminal !== undefined && !engine.capabilities.terminal)
    throw new VdcError("unsupported", `Engine ${instance.spec.engine} has no terminals; run it without one.`);
  return await engine.exec(instance.id, request);
}

function engineFacts({ name, capabilities }: InstanceEngine): Engine {
  return {
    name,
    available: true,
    protections: capabilities.protections.map((one) => ({ ...one })),
    runtimes: capabilities.runtimes.map((one) => ({ name: one.name, version: one.version })),
  };
}
