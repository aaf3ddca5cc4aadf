import type { AppSpec, AppStatus, PoolState } from "#api/kinds/app.ts";
import type { Manifest } from "#api/manifest.ts";
import { isoTime } from "#lib/clock.ts";
import { ownMember } from "#lib/json.ts";
import type { Package } from "./observed.ts";

type Bounds = Pick<PoolState, "min" | "max" | "drainSeconds" | "keepSeconds">;

/**
 * The components of an app that are pools of workers. Their bounds are the package's with what the app says otherwise; how many are wanted within them is what the
 * scaler of jobs wrote last. A component whose count somebody has fixed is none.
 */
export function poolsOf(
  app: { readonly spec: AppSpec; readonly status: AppStatus },
  of: Package | undefined,
  now: number,
): readonly PoolState[] {
  const before = app.status.pools ?? [];
  if (of === undefined) return before;
  return of.spec.components.flatMap(({ name, replicas }) => {
    const bounds = poolBounds(of.spec.manifest, app.spec, name);
    if (bounds === undefined || ownMember(app.spec.components, name)?.replicas !== undefined) return [];
    const known = before.find((pool) => pool.component === name);
    const wanted = Math.min(Math.max(known?.wanted ?? replicas, bounds.min), bounds.max);
    if (known?.wanted === wanted) return [{ ...known, ...bounds }];
    const reason = known === undefined ? "It begins with so many." : "Its bounds ask for so many.";
    return [{ component: name, ...bounds, wanted, reason, since: isoTime(now), spare: [] }];
  });
}

/** Undefined when no scaler sizes the component. */
export function poolBounds({ scale }: Manifest, spec: AppSpec, component: string): Bounds | undefined {
  const policy = ownMember(scale, component);
  if (policy?.jobs === undefined) return undefined;
  const given = ownMember(spec.components, component)?.scale;
  return {
    min: given?.min ?? policy.min,
    max: given?.max ?? policy.max,
    drainSeconds: given?.drainSeconds ?? policy.jobs.drainSeconds,
    keepSeconds: given?.keepSeconds ?? policy.jobs.keepSeconds,
  };
}
