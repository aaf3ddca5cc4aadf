import type { BucketRecord, Retention, VersionRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";

export interface LockOptions {
  readonly retention?: Retention;
  readonly legalHold?: boolean;
}

/** `x-amz-object-lock-*` of a PUT. The bucket's default is the catalog's matter. */
export function lockOptionsOf(
  given: ReadonlyMap<string, string>,
  bucket: BucketRecord,
  now: number,
): LockOptions {
  const mode = given.get("x-amz-object-lock-mode");
  const until = given.get("x-amz-object-lock-retain-until-date");
  const hold = given.get("x-amz-object-lock-legal-hold");
  if (mode === undefined && until === undefined && hold === undefined) return {};
  requireObjectLock(bucket);
  if (hold !== undefined && hold !== "ON" && hold !== "OFF")
    throw new S3Error("InvalidArgument", "x-amz-object-lock-legal-hold must be ON or OFF.");
  const retention = mode === undefined && until === undefined ? undefined : retentionOf(mode, until, now);
  return {
    ...(retention === undefined ? {} : { retention }),
    ...(hold === undefined ? {} : { legalHold: hold === "ON" }),
  };
}

export function requireObjectLock(bucket: BucketRecord): void {
  if (bucket.objectLock === undefined)
    throw new S3Error("InvalidRequest", "The bucket was not made with object lock.");
}

function retentionOf(mode: string | undefined, until: string | undefined, now: number): Retention {
  if (mode === undefined || until === undefined)
    throw new S3Error(
      "InvalidArgument",
      "x-amz-object-lock-mode and x-amz-object-lock-retain-until-date belong together.",
    );
  if (mode !== "GOVERNANCE" && mode !== "COMPLIANCE")
    throw new S3Error("InvalidArgument", "x-amz-object-lock-mode must be GOVERNANCE or COMPLIANCE.");
  const time = /^\d{4}-\d{2}-\d{2}/.test(until) ? Date.parse(until) : Number.NaN;
  if (Number.isNaN(time) || time <= now)
    throw new S3Error("InvalidArgument", "The retain until date must be in the future.");
  return { mode, until: time };
}

export function lockHeaders(version: VersionRecord): Record<string, string> {
  return {
    ...(version.retention === undefined
      ? {}
      : {
          "x-amz-object-lock-mode": version.retention.mode,
          "x-amz-object-lock-retain-until-date": new Date(version.retention.until).toISOString(),
        }),
    ...(version.legalHold === undefined
      ? {}
      : { "x-amz-object-lock-legal-hold": version.legalHold ? "ON" : "OFF" }),
  };
}
