import type { AppSpec, PoolState } from "#api/kinds/app.ts";
import type { Component } from "#api/manifest.ts";
import { ownMember } from "#lib/json.ts";
import { sameContents } from "../release/contents.ts";
import type { AppObserved, Package, Release } from "../observed.ts";

export function newestOf(releases: readonly Release[]): Release | undefined {
  return releases.at(-1);
}

/** The newest release that was ready as a whole, before `number` when one is given. */
export function lastGoodOf(releases: readonly Release[], before = Infinity): Release | undefined {
  return releases.findLast(
    ({ spec, status }) =>
      spec.number < before && (status.phase === "serving" || status.phase === "superseded"),
  );
}

/** The release that this app's instances should be of now; undefined when what runs stays as it is. */
export function targetOf(releases: readonly Release[]): Release | undefined {
  const newest = newestOf(releases);
  if (newest === undefined) return undefined;
  const good = lastGoodOf(releases, newest.spec.number);
  switch (newest.status.phase) {
    case "rolling-back":
    case "rolled-back":
      return good;
    case "failed":
      // A first install that failed is helped on; a later release that may not be rolled back stays as it is.
      return good === undefined ? newest : undefined;
    default:
      return newest;
  }
}

/** The package of a release, when it is still the same. */
export function packageOf(release: Release, packages: AppObserved["packages"]): Package | undefined {
  const found = packages.get(release.spec.package);
  return found?.spec.digest === release.spec.packageDigest ? found : undefined;
}

export function componentsOf(
  release: Release | undefined,
  packages: AppObserved["packages"],
): ReadonlyMap<string, Component> {
  const found = release === undefined ? undefined : packageOf(release, packages);
  return new Map(found?.spec.components.map((component) => [component.name, component]));
}

/** Instances of a component that the app wants; `pools` are those that a scaler sizes. */
export function wantedCount(spec: AppSpec, component: Component, pools: readonly PoolState[]): number {
  if (spec.stopped) return 0;
  const pool = pools.find((one) => one.component === component.name);
  return ownMember(spec.components, component.name)?.replicas ?? pool?.wanted ?? component.replicas;
}

/** Whether the app asks for something that no release has yet. */
export function needsRelease(spec: AppSpec, digest: string, newest: Release | undefined): boolean {
  return (
    newest === undefined || newest.spec.packageDigest !== digest || !sameContents(newest.spec.appSpec, spec)
  );
}
