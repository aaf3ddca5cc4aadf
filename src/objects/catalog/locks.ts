import type { BucketRecord, Retention, VersionRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";

const dayMs = 86_400_000;

/** Object lock: throws AccessDenied while the version may not be removed. */
export function checkRemovable(version: VersionRecord, now: number, bypassGovernance: boolean): void {
  if (version.legalHold === true) throw new S3Error("AccessDenied", "The version is under legal hold.");
  if (version.retention === undefined || version.retention.until <= now) return;
  if (version.retention.mode === "GOVERNANCE" && bypassGovernance) return;
  throw new S3Error("AccessDenied", "The version is locked by its retention.");
}

/** What a new version is locked with: what the request says, otherwise the bucket's default. */
export function lockOfNewVersion(
  bucket: BucketRecord,
  asked: { readonly retention?: Retention; readonly legalHold?: boolean },
  now: number,
): { readonly retention?: Retention; readonly legalHold?: boolean } {
  if (asked.retention !== undefined || asked.legalHold === true) requireObjectLock(bucket);
  if (asked.retention !== undefined) checkUntil(asked.retention, now);
  const retention = asked.retention ?? defaultRetention(bucket, now);
  return {
    ...(retention === undefined ? {} : { retention }),
    ...(asked.legalHold === undefined ? {} : { legalHold: asked.legalHold }),
  };
}

function defaultRetention(bucket: BucketRecord, now: number): Retention | undefined {
  const rule = bucket.objectLock?.defaultRetention;
  if (rule === undefined) return undefined;
  if (rule.days !== undefined) return { mode: rule.mode, until: now + rule.days * dayMs };
  const until = new Date(now);
  until.setUTCFullYear(until.getUTCFullYear() + (rule.years ?? 0));
  return { mode: rule.mode, until: until.getTime() };
}

/** Whether a version's retention may become `next`. Compliance can only be made longer; governance can be made weaker with the bypass. */
export function checkRetentionChange(
  version: VersionRecord,
  next: Retention | null,
  now: number,
  bypassGovernance: boolean,
): void {
  if (next !== null) checkUntil(next, now);
  const current = version.retention;
  if (current === undefined || current.until <= now) return;
  if (next !== null && next.mode === current.mode && next.until >= current.until) return;
  if (current.mode === "GOVERNANCE" && bypassGovernance) return;
  throw new S3Error("AccessDenied", "The version's retention cannot be made weaker.");
}

export function requireObjectLock(bucket: BucketRecord): void {
  if (bucket.objectLock === undefined)
    throw new S3Error("InvalidRequest", "Bucket is missing Object Lock Configuration");
}

function checkUntil(retention: Retention, now: number): void {
  if (retention.until <= now)
    throw new S3Error("InvalidArgument", "The retain until date must be in the future!");
}
