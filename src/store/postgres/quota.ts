import { VdcError } from "#api/errors.ts";
import type { KindDefinition } from "#api/kind.ts";
import type { Resource } from "#api/resource.ts";
import { fieldValue } from "#api/selectors.ts";
import { assert } from "#lib/assert.ts";
import type { View } from "./view.ts";

/** The new sum of a measure of a project. */
export interface UsageChange {
  readonly project: string;
  readonly measure: string;
  readonly used: number;
}

/**
 * What a change of one resource does to its project's sums. `quota-exceeded` when it grows one past its quota;
 * shrinking is always allowed, and a quota below what is used blocks growth and nothing else.
 */
export function planUsage(
  view: View,
  kind: KindDefinition,
  project: Resource | undefined,
  before: Resource | undefined,
  after: Resource | undefined,
): readonly UsageChange[] {
  const name = before?.project ?? after?.project;
  if (name === undefined) return [];
  const old = measures(kind, before);
  const wanted = measures(kind, after);
  const names = [...new Set([...Object.keys(old), ...Object.keys(wanted)])].toSorted();
  return names.flatMap((measure) => {
    const growth = (wanted[measure] ?? 0) - (old[measure] ?? 0);
    if (growth === 0) return [];
    const used = view.used(name, measure);
    if (growth > 0)
      refuseGrowth({ project: name, measure, limit: quotaOf(project, measure), used, wanted: growth });
    assert(used + growth >= 0, "a project never uses less than nothing");
    return [{ project: name, measure, used: used + growth }];
  });
}

function measures(kind: KindDefinition, resource: Resource | undefined): Readonly<Record<string, number>> {
  if (resource === undefined) return {};
  const own = kind.usage?.(resource.spec) ?? {};
  for (const value of Object.values(own))
    assert(Number.isSafeInteger(value) && value >= 0, "usage is a whole number");
  return { ...own, resources: 1 };
}

/** Without a quota, sums end where whole numbers do. */
function quotaOf(project: Resource | undefined, measure: string): number {
  const quota = project === undefined ? undefined : fieldValue(project, `spec.quotas.${measure}`);
  return typeof quota === "number" ? quota : Number.MAX_SAFE_INTEGER;
}

function refuseGrowth(ask: {
  project: string;
  measure: string;
  limit: number;
  used: number;
  wanted: number;
}): void {
  // Compared by subtraction: a sum could leave the safe integers.
  if (ask.wanted <= ask.limit - ask.used) return;
  const { project, measure, limit, used, wanted } = ask;
  throw new VdcError(
    "quota-exceeded",
    `Project ${project} may use ${limit} of ${measure}; it uses ${used}, and this needs ${wanted} more.`,
    { extra: { measure, limit, used, wanted } },
  );
}
