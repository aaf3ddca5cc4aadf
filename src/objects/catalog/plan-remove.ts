import type { Refused, Removed, RemoveTarget } from "#objects/catalog.ts";
import type { BucketRecord, VersionRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import { checkRemoveCondition } from "./conditions.ts";
import { checkRemovable } from "./locks.ts";
import { checkKey, checkReplaced, eventVersion, newVersion } from "./plan-commit.ts";
import type { Planning } from "./planning.ts";
import { addVersion, dropVersion, findNewest, findVersion } from "./versions.ts";

/** Writer of what lifecycle rules remove. Access keys are longer, so that no client has it. */
export const lifecycleWriter = "lifecycle";

export interface RemoveOptions {
  readonly bypassGovernance: boolean;
  readonly writer: string;
}

/** Deletes an object, or one version of it. Everything is checked before the first change. */
export function planRemove(
  plan: Planning,
  bucketName: string,
  target: RemoveTarget,
  options: RemoveOptions,
): Removed {
  const bucket = plan.bucket(bucketName);
  checkKey(target.key);
  if (target.versionId !== undefined) return removeVersion(plan, bucket, target, target.versionId, options);
  const newest = findNewest(plan.rows, bucket.id, target.key);
  checkRemoveCondition(target.condition, newest?.version);
  if (bucket.versioning !== "off") return addMarker(plan, bucket, target.key, options.writer);
  if (newest !== undefined) {
    checkRemovable(newest.version, plan.now, options.bypassGovernance);
    dropVersion(plan, newest);
    tell(plan, bucket, "Delete", newest.version, options.writer);
  }
  return { key: target.key };
}

/** The same for many; a refusal stands in its place. */
export function planRemoveMany(
  plan: Planning,
  bucketName: string,
  targets: readonly RemoveTarget[],
  options: RemoveOptions,
): readonly (Removed | Refused)[] {
  plan.bucket(bucketName);
  return targets.map((target) => {
    try {
      return planRemove(plan, bucketName, target, options);
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      const { key, versionId } = target;
      return {
        key,
        ...(versionId === undefined ? {} : { versionId }),
        code: error.code,
        message: error.message,
      };
    }
  });
}

function removeVersion(
  plan: Planning,
  bucket: BucketRecord,
  target: RemoveTarget,
  versionId: string,
  options: RemoveOptions,
): Removed {
  const placed = findVersion(plan.rows, bucket.id, target.key, versionId);
  checkRemoveCondition(target.condition, placed?.version);
  if (placed === undefined) return { key: target.key, versionId };
  checkRemovable(placed.version, plan.now, options.bypassGovernance);
  dropVersion(plan, placed);
  tell(plan, bucket, "Delete", placed.version, options.writer);
  return {
    key: target.key,
    versionId,
    ...(placed.version.isDeleteMarker ? { deleteMarker: { versionId } } : {}),
  };
}

function tell(
  plan: Planning,
  bucket: BucketRecord,
  what: "Delete" | "DeleteMarkerCreated",
  version: VersionRecord,
  writer: string,
): void {
  const family = writer === lifecycleWriter ? "s3:LifecycleExpiration" : "s3:ObjectRemoved";
  plan.notify({ name: `${family}:${what}`, bucket, version: { ...eventVersion(version), writer } });
}

function addMarker(plan: Planning, bucket: BucketRecord, key: string, writer: string): Removed {
  const newest = findNewest(plan.rows, bucket.id, key);
  const marker: VersionRecord = {
    ...newVersion(plan, bucket, key),
    isDeleteMarker: true,
    size: 0,
    etag: "",
    headers: { user: {} },
    checksums: [],
    data: { at: "none" },
    writer,
  };
  checkReplaced(plan, marker, newest);
  addVersion(plan, marker, newest);
  tell(plan, bucket, "DeleteMarkerCreated", marker, writer);
  return { key, deleteMarker: { versionId: marker.versionId } };
}
