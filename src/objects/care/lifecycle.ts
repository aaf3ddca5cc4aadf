import type { LifecycleRule, ObjectFilter, UploadRecord, VersionRecord } from "#objects/records.ts";

const dayMs = 24 * 3_600_000;

/** What a rule wants done to one version. */
export type LifecycleAction =
  /** Only when this version still is the newest. */
  | { readonly do: "expire"; readonly key: string; readonly sequence: number }
  | { readonly do: "remove-version"; readonly key: string; readonly versionId: string };

/**
 * What lifecycle rules want of one key's versions, newest first. Pure. Days are counted as S3 does: from the next midnight UTC after the object has had its days ("Lifecycle
 * configuration elements" of the S3 user guide).
 */
export function planLifecycle(
  rules: readonly LifecycleRule[],
  versions: readonly VersionRecord[],
  now: number,
): readonly LifecycleAction[] {
  const [newest, ...older] = versions;
  if (newest === undefined) return [];
  const applying = rules.filter((rule) => rule.enabled);
  const actions: LifecycleAction[] = [];
  if (newest.isDeleteMarker) {
    const isAlone = older.length === 0;
    const wanted = applying.some(
      (rule) => matches(rule.filter, newest) && removesMarkers(rule.expiration, newest, now),
    );
    if (isAlone && wanted)
      actions.push({ do: "remove-version", key: newest.key, versionId: newest.versionId });
  } else if (applying.some((rule) => matches(rule.filter, newest) && isExpired(rule.expiration, newest, now)))
    actions.push({ do: "expire", key: newest.key, sequence: newest.sequence });
  for (const [index, version] of older.entries())
    if (
      applying.some((rule) => matches(rule.filter, version) && isNoncurrentExpired(rule, version, index, now))
    )
      actions.push({ do: "remove-version", key: version.key, versionId: version.versionId });
  return actions;
}

export function isUploadExpired(rules: readonly LifecycleRule[], upload: UploadRecord, now: number): boolean {
  return rules.some(
    ({ enabled, filter, abortIncompleteUploadDays: days }) =>
      enabled &&
      days !== undefined &&
      upload.key.startsWith(filter.prefix ?? "") &&
      filter.tags === undefined &&
      isDue(upload.startedAt, days, now),
  );
}

/** When an object expires by these rules, for x-amz-expiration; undefined: never. The first of several. */
export function expiryOf(
  rules: readonly LifecycleRule[],
  version: VersionRecord,
): { readonly at: number; readonly ruleId: string } | undefined {
  return rules
    .filter((rule) => rule.enabled && matches(rule.filter, version))
    .flatMap(({ id, expiration }) => {
      if (expiration === undefined || "expiredObjectDeleteMarker" in expiration) return [];
      return [
        {
          ruleId: id,
          at: "date" in expiration ? expiration.date : dueAt(version.lastModified, expiration.days),
        },
      ];
    })
    .toSorted((a, b) => a.at - b.at)[0];
}

function isExpired(expiration: LifecycleRule["expiration"], version: VersionRecord, now: number): boolean {
  if (expiration === undefined || "expiredObjectDeleteMarker" in expiration) return false;
  return "date" in expiration ? now >= expiration.date : isDue(version.lastModified, expiration.days, now);
}

/** A marker that marks nothing any more: by its own rule, or when it is old enough to expire. */
function removesMarkers(
  expiration: LifecycleRule["expiration"],
  marker: VersionRecord,
  now: number,
): boolean {
  if (expiration === undefined) return false;
  return "expiredObjectDeleteMarker" in expiration || isExpired(expiration, marker, now);
}

/** `index` counts newer noncurrent versions: those that are kept whatever their age come first. */
function isNoncurrentExpired(
  { noncurrentExpiration }: LifecycleRule,
  version: VersionRecord,
  index: number,
  now: number,
): boolean {
  if (noncurrentExpiration === undefined || version.noncurrentSince === undefined) return false;
  if (index < (noncurrentExpiration.newerVersions ?? 0)) return false;
  return isDue(version.noncurrentSince, noncurrentExpiration.days, now);
}

function matches(filter: ObjectFilter, version: VersionRecord): boolean {
  if (!version.key.startsWith(filter.prefix ?? "")) return false;
  if (filter.sizeGreaterThan !== undefined && version.size <= filter.sizeGreaterThan) return false;
  if (filter.sizeLessThan !== undefined && version.size >= filter.sizeLessThan) return false;
  return Object.entries(filter.tags ?? {}).every(([name, value]) => version.tags?.[name] === value);
}

const dueAt = (from: number, days: number) => Math.ceil((from + days * dayMs) / dayMs) * dayMs;
const isDue = (from: number, days: number, now: number) => now >= dueAt(from, days);
