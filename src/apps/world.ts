import type { PoolState } from "#api/kinds/app.ts";
import type { Component } from "#api/manifest.ts";
import type { FieldError } from "#api/errors.ts";
import type { App, AppObserved, Instance, Package, Release } from "./observed.ts";
import { checkApp, servedBefore } from "./preview/check.ts";
import { canaryStep, type CanaryStep } from "./rollout/canary.ts";
import { poolsOf } from "./pools.ts";
import { isActive } from "./rollout/members.ts";
import { componentsOf, lastGoodOf, newestOf, packageOf, targetOf } from "./rollout/target.ts";

/** What was observed of an app that is there, with what follows from it and nearly every part of the plan asks for. */
export interface World {
  readonly observed: AppObserved;
  readonly app: App;
  readonly now: number;
  readonly newest?: Release;
  /** The newest release before the newest that was ready as a whole. */
  readonly good?: Release;
  /** What instances should be of now; absent when what runs stays as it is. */
  readonly target?: Release;
  readonly components: ReadonlyMap<string, Component>;
  /** Components that a scaler sizes, in the bounds of now. */
  readonly pools: readonly PoolState[];
  /** The package that the spec names. */
  readonly package?: Package;
  /** Why the spec cannot become a release. */
  readonly problems: readonly FieldError[];
  readonly active: readonly Instance[];
  readonly canary?: CanaryStep;
}

export function worldOf(observed: AppObserved, app: App, now: number): World {
  const { releases, instances, packages } = observed;
  const newest = newestOf(releases);
  const good = newest === undefined ? undefined : lastGoodOf(releases, newest.spec.number);
  const target = targetOf(releases);
  const named = packages.get(app.spec.package);
  const active = instances.filter(isActive);
  const hasOld = active.some(({ spec }) => spec.release !== newest?.spec.number);
  const canary =
    newest?.status.phase === "rolling-out" ? canaryStep(newest, app.spec.rollout, hasOld) : undefined;
  return {
    observed,
    app,
    now,
    ...(newest === undefined ? {} : { newest }),
    ...(good === undefined ? {} : { good }),
    ...(target === undefined ? {} : { target }),
    components: componentsOf(target, packages),
    pools: target === undefined ? [] : poolsOf(app, packageOf(target, packages), now),
    ...(named === undefined ? {} : { package: named }),
    problems: checkApp({
      name: app.name,
      project: app.project ?? "",
      spec: app.spec,
      ...(named === undefined ? {} : { package: named }),
      ...servedBefore(releases, app.spec.rollbackOf),
      volumes: observed.volumes,
      secrets: observed.secrets,
      buckets: observed.buckets,
    }),
    active,
    ...(canary === undefined ? {} : { canary }),
  };
}
