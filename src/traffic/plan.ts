import type { RouteStatus } from "#api/kinds/route.ts";
import { assert } from "#lib/assert.ts";
import { canonicalJson } from "#lib/json.ts";
import { planCertificates, planChallenges } from "./plan/certificates.ts";
import {
  compareText,
  projectOf,
  type App,
  type Instance,
  type Route,
  type TrafficFacts,
  type TrafficPlace,
} from "./plan/facts.ts";
import { planHosts, type RouteHosts } from "./plan/hosts.ts";
import { planPool, poolId, type WantedPool } from "./plan/pools.ts";
import type { SnapshotContent, SnapshotRoute } from "./snapshot.ts";

/** Routes of a snapshot, as in its schema. */
const maxRoutes = 20_000;

export interface TrafficPlan {
  readonly content: SnapshotContent;
  /** Statuses that differ from what stands, by route. */
  readonly statuses: readonly { readonly route: Route; readonly status: RouteStatus }[];
}

/**
 * What gateways should work from, and what routes should be told of it. Pure; equal facts give equal text, in whatever
 * order they come.
 *
 * Invariant: a host is served for one project alone, whatever others ask for.
 */
export function planTraffic(facts: TrafficFacts, place: TrafficPlace): TrafficPlan {
  const living = facts.routes.filter((route) => route.deletingSince === undefined);
  const hosts = planHosts(living, place);
  const served = hosts.routes.filter((one) => one.hosts.length > 0).slice(0, maxRoutes);
  const apps = new Map(facts.apps.map((app) => [`${projectOf(app)}/${app.name}`, app]));
  const targets = served.map((one) => ({ ...one, ...backendsOf(one.route, apps) }));
  const instances = groupInstances(facts.instances);
  const pools = wantedPools(targets).map((wanted) =>
    planPool(wanted, apps.get(`${wanted.project}/${wanted.app}`), instances.get(poolId(wanted)) ?? []),
  );
  const routes = targets.map(snapshotRoute).toSorted((a, b) => compareText(a.id, b.id));
  const content: SnapshotContent = {
    routes,
    pools,
    certificates: [...planCertificates(facts.certificates, hosts, place.fallbackCertificate)],
    challenges: [...planChallenges(facts.certificates, hosts)],
  };
  assertReferences(content);
  const inSnapshot = new Map(targets.map((one) => [one.route.id, one]));
  const statuses = hosts.routes.flatMap((one) => {
    const status = statusOf(one, inSnapshot.get(one.route.id), place);
    return canonicalJson(status) === canonicalJson(one.route.status) ? [] : [{ route: one.route, status }];
  });
  return { content, statuses };
}

interface Backends {
  /** To pools of apps that exist; all of them when none does, so that the answer can say why. */
  readonly backends: readonly (WantedPool & { readonly weight: number })[];
  /** Why some of them lead nowhere. */
  readonly missing: readonly string[];
}

type Target = RouteHosts & Backends;

function backendsOf(route: Route, apps: ReadonlyMap<string, App>): Backends {
  const project = projectOf(route);
  const { policy, backends: asked } = route.spec;
  const wanted = asked.map(({ app, component, weight }) => {
    const why = whyMissing(apps.get(`${project}/${app}`), app, component);
    return { pool: { project, app, component, policy, weight }, why };
  });
  const missing = wanted.flatMap(({ why }) => (why === undefined ? [] : [why]));
  const found = wanted.filter(({ why }) => why === undefined);
  return { backends: (found.length > 0 ? found : wanted).map(({ pool }) => pool), missing };
}

function whyMissing(app: App | undefined, name: string, component: string): string | undefined {
  if (app === undefined) return `there is no app ${name}`;
  const components = app.status.components;
  // An app that is being installed does not know its components yet.
  if (components === undefined || components.length === 0) return undefined;
  return components.some((one) => one.name === component)
    ? undefined
    : `app ${name} has no component ${component}`;
}

function groupInstances(instances: readonly Instance[]): ReadonlyMap<string, readonly Instance[]> {
  return Map.groupBy(instances, (one) =>
    poolId({ project: projectOf(one), app: one.spec.app, component: one.spec.component }),
  );
}

/** One for each component that is led to, with the policy of its first route by name. */
function wantedPools(targets: readonly Target[]): readonly WantedPool[] {
  const wanted = new Map<string, WantedPool>();
  const byName = targets.toSorted((a, b) => compareText(routeId(a.route), routeId(b.route)));
  for (const { backends, hosts } of byName) {
    const host = hosts.find((one) => !one.startsWith("*."));
    for (const { weight: _, ...pool } of backends) {
      const id = poolId(pool);
      const known = wanted.get(id) ?? pool;
      wanted.set(id, known.host === undefined && host !== undefined ? { ...known, host } : known);
    }
  }
  return [...wanted].toSorted(([a], [b]) => compareText(a, b)).map(([, pool]) => pool);
}

function snapshotRoute({ route, hosts, backends }: Target): SnapshotRoute {
  const { backends: _, hosts: __, ...spec } = route.spec;
  return {
    ...spec,
    id: routeId(route),
    project: projectOf(route),
    name: route.name,
    hosts: [...hosts],
    backends: backends.map((one) => ({ pool: poolId(one), weight: one.weight })),
  };
}

function routeId(route: Route): string {
  return `${projectOf(route)}/${route.name}`;
}

function statusOf(one: RouteHosts, target: Target | undefined, place: TrafficPlace): RouteStatus {
  const { route, conflicts } = one;
  const hosts = target?.hosts ?? [];
  const missing = target?.missing ?? [];
  const isFull = target === undefined && one.hosts.length > 0;
  const reasons = [
    ...conflicts,
    ...(isFull ? [`gateways serve ${maxRoutes} routes, and older ones fill them`] : []),
    ...missing,
  ];
  const leadsNowhere =
    route.spec.redirect === undefined && missing.length === route.spec.backends.length && hosts.length > 0;
  const path = route.spec.path.exact ?? route.spec.path.prefix ?? "/";
  return {
    phase: conflicts.length > 0 || isFull ? "conflict" : leadsNowhere ? "no-backend" : "active",
    ...(reasons.length === 0 ? {} : { reason: reasonText(reasons) }),
    urls: hosts.filter((host) => !host.startsWith("*.")).flatMap((host) => place.urls(host, path)),
    observedGeneration: route.generation,
  };
}

const maxReasons = 5;

function reasonText(reasons: readonly string[]): string {
  const more = reasons.length - maxReasons;
  return reasons.slice(0, maxReasons).join("; ") + (more > 0 ? `; and ${more} more` : "");
}

function assertReferences({ routes, pools }: SnapshotContent): void {
  const known = new Set(pools.map((pool) => pool.id));
  for (const route of routes)
    for (const { pool } of route.backends) assert(known.has(pool), "a route's pool is in the snapshot");
}
