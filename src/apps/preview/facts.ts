import type { AppSpec } from "#api/kinds/app.ts";
import { listAll } from "#control/reconcile/list-all.ts";
import type { ResourceStore } from "#store/store.ts";
import type { App, Bucket, Package, Placement, Release, Route, Secret, Volume } from "../observed.ts";
import type { Placements } from "../placement.ts";
import type { Addresses, S3Place } from "../ports.ts";
import { servedBefore, type CheckFacts } from "./check.ts";

export interface FactPorts {
  readonly resources: ResourceStore;
  readonly placements: Placements;
  readonly addresses: Addresses;
  /** Absent: there is no object store. */
  readonly s3: S3Place | undefined;
}

/** Everything that a spec is checked against, and what a preview compares it with. */
export interface PreviewFacts extends CheckFacts {
  readonly app?: App;
  /** By number, oldest first. */
  readonly releases: readonly Release[];
  /** How people reach a host; absent: not looked at. */
  readonly url?: Addresses["url"];
}

const maxLookedAt = 10_000;
/** A check reads lists; it is over long before this. */
const gatherMs = 10_000;

export async function gatherFacts(
  app: { readonly project: string; readonly name: string },
  spec: AppSpec,
  ports: FactPorts,
): Promise<PreviewFacts> {
  const { resources, placements, addresses, s3 } = ports;
  const { project, name } = app;
  const signal = AbortSignal.timeout(gatherMs);
  const all = async <Kind>(kind: string, projects: readonly string[] | undefined): Promise<Kind[]> => {
    const found: Kind[] = [];
    const query = { kind, ...(projects === undefined ? {} : { projects }) };
    for await (const one of listAll(resources, query, { max: maxLookedAt, signal })) found.push(one as Kind); // the store holds what the kind's schema let in
    return found;
  };
  const [volumes, secrets, buckets, apps, releases, routes] = await Promise.all([
    all<Volume>("volume", [project]),
    all<Secret>("secret", [project]),
    all<Bucket>("bucket", [project]),
    all<App>("app", [project]),
    all<Release>("release", [project]),
    all<Route>("route", undefined),
  ]);
  // As above.
  const named = (await resources.get({ kind: "package", project, name: spec.package })) as
    | Package
    | undefined;
  const own = releases
    .filter((release) => release.spec.app === name)
    .toSorted((a, b) => a.spec.number - b.spec.number);
  const standing = apps.find((one) => one.name === name);
  const placed = new Map<string, Placement>();
  for (const component of named?.spec.components ?? [])
    placed.set(component.name, await placements.place(component));
  return {
    ...app,
    spec,
    ...(standing === undefined ? {} : { app: standing }),
    ...(named === undefined ? {} : { package: named }),
    releases: own,
    ...servedBefore(own, spec.rollbackOf),
    volumes: new Map(volumes.map((one) => [one.name, one])),
    secrets: new Map(secrets.map((one) => [one.name, one])),
    buckets: new Map(buckets.map((one) => [one.name, one])),
    hasObjectStorage: s3 !== undefined,
    apps: new Set(apps.map((one) => one.name)),
    placements: placed,
    hostsTaken: takenBy(routes, app),
    domain: addresses.domain,
    url: (host, path) => addresses.url(host, path),
  };
}

function takenBy(
  routes: readonly Route[],
  app: { readonly project: string; readonly name: string },
): ReadonlyMap<string, string> {
  const others = routes.filter(
    ({ owner, project }) => !(owner?.kind === "app" && owner.name === app.name && project === app.project),
  );
  return new Map(
    others.flatMap(({ project, name, spec }) =>
      spec.hosts.map((host) => [
        `${host} ${spec.path.prefix ?? spec.path.exact ?? "/"}`,
        // Who may not see a project does not learn what is in it.
        project === app.project ? `route ${name}` : "a route of another project",
      ]),
    ),
  );
}
