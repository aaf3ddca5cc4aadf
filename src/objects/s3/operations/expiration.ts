import type { BucketRecord, LifecycleRule, ObjectFilter, VersionRecord } from "#objects/records.ts";

import { httpDate } from "./answer.ts";

const dayMs = 86_400_000;

/** `x-amz-expiration`: when lifecycle will remove the newest version, by the rule that does so first. */
export function expirationHeader(
  bucket: BucketRecord,
  version: Pick<VersionRecord, "key" | "size" | "tags" | "lastModified">,
): Record<string, string> {
  let first: { readonly at: number; readonly rule: LifecycleRule } | undefined;
  for (const rule of bucket.lifecycle ?? []) {
    if (!rule.enabled || !covers(rule.filter, version)) continue;
    const at = expiresAt(rule, version.lastModified);
    if (at !== undefined && (first === undefined || at < first.at)) first = { at, rule };
  }
  if (first === undefined) return {};
  // Ids are given by clients and may hold anything; a header may not.
  const id = encodeURIComponent(first.rule.id);
  return { "x-amz-expiration": `expiry-date="${httpDate(first.at)}", rule-id="${id}"` };
}

/** S3 rounds up to the next midnight UTC. */
function expiresAt(rule: LifecycleRule, lastModified: number): number | undefined {
  const { expiration } = rule;
  if (expiration === undefined) return undefined;
  if ("date" in expiration) return expiration.date;
  if (!("days" in expiration)) return undefined;
  return Math.ceil((lastModified + expiration.days * dayMs) / dayMs) * dayMs;
}

function covers(filter: ObjectFilter, version: Pick<VersionRecord, "key" | "size" | "tags">): boolean {
  if (!version.key.startsWith(filter.prefix ?? "")) return false;
  if (filter.sizeGreaterThan !== undefined && version.size <= filter.sizeGreaterThan) return false;
  if (filter.sizeLessThan !== undefined && version.size >= filter.sizeLessThan) return false;
  return Object.entries(filter.tags ?? {}).every(([name, value]) => version.tags?.[name] === value);
}
