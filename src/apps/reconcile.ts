import type { Operation } from "#api/records.ts";
import type { ResourceKey } from "#api/resource.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import { listAll } from "#control/reconcile/list-all.ts";
import { maxKeys, type ChangeSubject, type Reconciler } from "#control/reconcile/reconciler.ts";
import type { AuditStore, EventStore, OperationStore, ResourceStore } from "#store/store.ts";
import { createAppActor } from "./act.ts";
import type { AppAction } from "./actions.ts";
import type {
  App,
  AppObserved,
  Bucket,
  HookRun,
  Instance,
  Key,
  Package,
  Placement,
  Release,
  Route,
  Secret,
  Volume,
} from "./observed.ts";
import { Notes } from "./notes.ts";
import { planApp } from "./plan.ts";
import type { Addresses, TrafficView } from "./ports.ts";
import type { Placements } from "./placement.ts";
import { deployOf } from "./release/deploy-operation.ts";
import { lastGoodOf, needsRelease, newestOf } from "./rollout/target.ts";
import type { HookRuns } from "./rollout/hook-runs.ts";
import { parseProjectKey, projectKey } from "./project-keys.ts";
import { WakeTimers } from "./wake-timers.ts";

export interface AppReconcilerOptions {
  readonly resources: ResourceStore;
  readonly operations: OperationStore;
  readonly events: EventStore;
  readonly audit: AuditStore;
  readonly traffic: TrafficView;
  readonly placements: Placements;
  readonly hooks: HookRuns;
  readonly addresses: Addresses;
  /** Makes up a secret and keeps it: `Secrets.set`. */
  readonly setSecret: (
    secret: {
      readonly project: string;
      readonly name: string;
      readonly value: string;
      readonly description: string;
    },
    by: Parameters<ResourceStore["apply"]>[1]["by"],
  ) => Promise<number>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly wake: (key: string) => void;
}

/** Resources of one kind in a project, or of one app, that a pass looks at. */
const maxLookedAt = 5_000;
const unfinished: readonly Operation["state"][] = ["running", "cancelling"];
/** Newest entries of the audit among which the app's last change is looked for. */
const auditLookback = 200;

export type AppReconciler = Reconciler<AppObserved, AppAction> & Disposable;

/** Keeps every app what its spec asks for. One key is `PROJECT/NAME`. */
export function createAppReconciler(options: AppReconcilerOptions): AppReconciler {
  const { resources, operations, clock, wake } = options;
  const timers = new WakeTimers(clock, wake);
  const notes = new Notes(timers);
  /** Apps that something is missing for, so that a new package, secret or volume brings them a pass. */
  const known = new Set<string>();
  const actor = createAppActor({ ...options, timers, notes });
  return {
    name: "app",
    watches: [
      "app",
      "release",
      "instance",
      "route",
      "package",
      "secret",
      "volume",
      "bucket",
      "key",
      "project",
    ],
    everyMs: 30_000,
    keysOf: (subject) => keysOf(subject, known),
    keys: async (signal) => {
      const keys = new Set<string>();
      for await (const app of listAll(resources, { kind: "app" }, { max: maxKeys, signal }))
        keys.add(projectKey(app));
      const running = await operations.list({ states: unfinished, limit: 1_000 });
      for (const { type, target } of running)
        if (type === "app.deploy" && target !== undefined) keys.add(projectKey(target));
      return [...keys];
    },
    observe: async (key, signal) => {
      const observed = await observe(key, options, notes, signal);
      if (observed.app === undefined) known.delete(key);
      else known.add(key);
      return observed;
    },
    plan: planApp,
    act: async (action, context) => await actor(action, context),
    describe: { observed: describeObserved, action: describeAction },
    [Symbol.dispose]: () => timers.clear(),
  };
}

/** What an app owns leads to it by name; packages, secrets and volumes may be what any app of the project waits for. */
function keysOf(subject: ChangeSubject, known: ReadonlySet<string>): readonly string[] {
  const { kind, project, owner, life } = subject;
  if (kind === "app") return [projectKey(subject)];
  if (owner?.kind === "app") return [projectKey(owner)];
  if (kind === "instance" || kind === "release" || kind === "route") return [];
  if (kind === "project") return life === "changed" ? ofProject(subject.name, known) : [];
  return project === undefined ? [] : ofProject(project, known);
}

function ofProject(project: string, known: ReadonlySet<string>): readonly string[] {
  return [...known].filter((key) => key.startsWith(`${project}/`));
}

async function observe(
  text: string,
  options: AppReconcilerOptions,
  notes: Notes,
  signal: AbortSignal,
): Promise<AppObserved> {
  const { resources, operations, addresses, hooks } = options;
  const key: ResourceKey = { kind: "app", ...parseProjectKey(text) };
  const project = key.project ?? "";
  // The store holds what the kinds' schemas let in; so do the lists below.
  const app = (await resources.get(key)) as App | undefined;
  const running = await operations.list({ projects: [project], states: unfinished, limit: 1_000 });
  const operation = deployOf(running, project, key.name);
  const shown = operation === undefined ? {} : { operation };
  if (app === undefined) return { ...nothingSeen(key, addresses), ...shown };
  const owned = { project, app: app.name };
  const [releases, instances, routes, secrets, volumes, buckets, keys] = await Promise.all([
    ofApp<Release>("release", owned, options, signal),
    ofApp<Instance>("instance", owned, options, signal),
    inProject<Route>("route", project, options, signal),
    inProject<Secret>("secret", project, options, signal),
    inProject<Volume>("volume", project, options, signal),
    inProject<Bucket>("bucket", project, options, signal),
    inProject<Key>("key", project, options, signal),
  ]);
  releases.sort((a, b) => a.spec.number - b.spec.number);
  const packages = await packagesOf(app, releases, instances, resources);
  const note = notes.take(text);
  return {
    key,
    app,
    releases,
    instances,
    packages,
    volumes,
    secrets,
    buckets,
    keys,
    routes,
    ownedRoutes: [...routes.values()].filter(({ owner }) => owner?.id === app.id),
    traffic: await trafficOf(releases, instances, options, signal),
    placements: await placementsOf(releases, packages, options),
    hooks: hookRuns(hooks, text),
    by: await askedBy(app, releases, packages, options),
    addresses,
    ...shown,
    ...(note === undefined ? {} : { note }),
  };
}

function nothingSeen(key: ResourceKey, addresses: Addresses): AppObserved {
  const none = new Map<string, never>();
  const needs = { volumes: none, secrets: none, buckets: none, keys: none, routes: none };
  const maps = { packages: none, ...needs, traffic: none };
  const lists = { releases: [], instances: [], ownedRoutes: [] };
  return { key, ...lists, ...maps, placements: none, hooks: none, by: "", addresses };
}

async function ofApp<Kind extends Release | Instance>(
  kind: string,
  { project, app }: { readonly project: string; readonly app: string },
  { resources }: AppReconcilerOptions,
  signal: AbortSignal,
): Promise<Kind[]> {
  const selector = [{ on: "field", key: "spec.app", op: "in", values: [app] }] as const;
  const found: Kind[] = [];
  for await (const one of listAll(
    resources,
    { kind, projects: [project], selector },
    { max: maxLookedAt, signal },
  ))
    found.push(one as Kind); // see observe
  return found;
}

async function inProject<Kind extends Route | Secret | Volume | Bucket | Key>(
  kind: string,
  project: string,
  { resources }: AppReconcilerOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Kind>> {
  const found = new Map<string, Kind>();
  for await (const one of listAll(resources, { kind, projects: [project] }, { max: maxLookedAt, signal }))
    found.set(one.name, one as Kind); // see observe
  return found;
}

/** Those of the spec and of every release that matters: the newest, the good ones, what instances are of. */
async function packagesOf(
  app: App,
  releases: readonly Release[],
  instances: readonly Instance[],
  resources: ResourceStore,
): Promise<ReadonlyMap<string, Package>> {
  const numbers = new Set(instances.map(({ spec }) => spec.release));
  for (const release of [
    newestOf(releases),
    lastGoodOf(releases),
    lastGoodOf(releases, newestOf(releases)?.spec.number),
  ])
    if (release !== undefined) numbers.add(release.spec.number);
  const names = new Set([
    app.spec.package,
    ...releases.filter(({ spec }) => numbers.has(spec.number)).map(({ spec }) => spec.package),
  ]);
  const project = app.project ?? "";
  const found = await Promise.all(
    [...names].map((name) => resources.get({ kind: "package", project, name })),
  );
  return new Map(found.flatMap((one) => (one === undefined ? [] : [[one.name, one as Package]]))); // see observe
}

/** Asked only when something drains or is watched: gateways are busy with other things. */
async function trafficOf(
  releases: readonly Release[],
  instances: readonly Instance[],
  { traffic }: AppReconcilerOptions,
  signal: AbortSignal,
): Promise<AppObserved["traffic"]> {
  const newest = newestOf(releases);
  const watched = newest?.status.phase === "rolling-out" ? newest.spec.number : undefined;
  const ids = instances
    .filter(({ spec }) => spec.wanted === "draining" || spec.release === watched)
    .map(({ id }) => id);
  return ids.length === 0 ? new Map() : await traffic.instances(ids, signal);
}

async function placementsOf(
  releases: readonly Release[],
  packages: ReadonlyMap<string, Package>,
  { placements }: AppReconcilerOptions,
): Promise<ReadonlyMap<string, Placement>> {
  const newest = newestOf(releases);
  const wanted = [newest, lastGoodOf(releases, newest?.spec.number)];
  const found = new Map<string, Placement>();
  for (const release of wanted) {
    const named = release === undefined ? undefined : packages.get(release.spec.package);
    if (release === undefined || named?.spec.digest !== release.spec.packageDigest) continue;
    for (const component of named.spec.components)
      found.set(`${release.spec.number}/${component.name}`, await placements.place(component));
  }
  return found;
}

function hookRuns(hooks: HookRuns, key: string): ReadonlyMap<string, HookRun> {
  return hooks.of(key);
}

/** The store keeps no name at a resource; the newest audit entry of the app's own change has it. */
async function askedBy(
  app: App,
  releases: readonly Release[],
  packages: ReadonlyMap<string, Package>,
  { audit }: AppReconcilerOptions,
): Promise<string> {
  const digest = packages.get(app.spec.package)?.spec.digest;
  if (digest === undefined || !needsRelease(app.spec, digest, newestOf(releases))) return "unknown";
  const entries = await audit.list({ projects: [app.project ?? ""], limit: auditLookback });
  const entry = entries.find(
    ({ target, outcome, verb }) =>
      target.kind === "app" &&
      target.name === app.name &&
      outcome === "done" &&
      (verb === "create" || verb === "change"),
  );
  return entry?.actor.name ?? "unknown";
}

function describeObserved({ key, app, releases, instances }: AppObserved): string {
  const name = `${key.project ?? ""}/${key.name}`;
  if (app === undefined) return `${name} is gone`;
  const newest = newestOf(releases);
  return `${name} is ${app.status.phase ?? "new"}, release ${newest?.spec.number ?? 0}, ${instances.length} instances`;
}

function describeAction(action: AppAction): string {
  if (action.do === "start-instances") return `start ${action.start.count} ${action.start.component}`;
  if (action.do === "set-wanted") return `${action.wanted} ${action.instance.name}`;
  return action.do;
}
