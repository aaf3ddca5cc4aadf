import type { AppSpec } from "#api/kinds/app.ts";
import type { ReleaseSpec, ReleaseStatus } from "#api/kinds/release.ts";
import type { Resource } from "#api/resource.ts";
import { listAll } from "#control/reconcile/list-all.ts";
import type { ResourceStore } from "#store/store.ts";
import { livePhases } from "./plan.ts";

const maxLookedAt = 20_000;

/** By package of the project: the apps that run it or are about to, sorted. */
export async function usersByPackage(
  resources: ResourceStore,
  project: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const users = new Map<string, Set<string>>();
  const note = (name: string, app: string) => users.set(name, (users.get(name) ?? new Set()).add(app));
  const all = (kind: string) =>
    listAll(resources, { kind, projects: [project] }, { max: maxLookedAt, signal });
  for await (const found of all("app")) {
    const { spec } = found as Resource<AppSpec>; // the store holds what the kind's schema let in
    if (found.deletingSince === undefined) note(spec.package, found.name);
  }
  for await (const found of all("release")) {
    const { spec, status } = found as Resource<ReleaseSpec, ReleaseStatus>; // as above
    if (livePhases.has(status.phase)) note(spec.package, spec.app);
  }
  return new Map([...users].map(([name, apps]) => [name, [...apps].toSorted()]));
}
