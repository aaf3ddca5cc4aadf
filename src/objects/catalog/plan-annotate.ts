import type { Annotation, Catalog } from "#objects/catalog.ts";
import type { BucketRecord, VersionRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import { checkRetentionChange, requireObjectLock } from "./locks.ts";
import { checkKey, eventVersion } from "./plan-commit.ts";
import type { Planning } from "./planning.ts";
import { encodeVersion } from "./rows.ts";
import { findNewest, findVersion } from "./versions.ts";

/** Tags, access control list, retention or legal hold of one version; its bytes stay where they are. */
export function planAnnotate(plan: Planning, input: Parameters<Catalog["annotate"]>[0]): VersionRecord {
  const bucket = plan.bucket(input.bucket);
  checkKey(input.key);
  const { versionId } = input;
  const placed =
    versionId === undefined
      ? findNewest(plan.rows, bucket.id, input.key)
      : findVersion(plan.rows, bucket.id, input.key, versionId);
  if (placed === undefined)
    throw versionId === undefined
      ? new S3Error("NoSuchKey", undefined, { details: { Key: input.key } })
      : new S3Error("NoSuchVersion", undefined, { details: { Key: input.key, VersionId: versionId } });
  if (placed.version.isDeleteMarker) throw onDeleteMarker(placed.version, versionId);
  const version = annotated(placed.version, bucket, input.change, plan.now);
  plan.rows.put(placed.rowKey, encodeVersion(version), placed);
  if (input.change.type === "tags") {
    const name = `s3:ObjectTagging:${input.change.tags === null ? "Delete" : "Put"}`;
    plan.notify({ name, bucket, version: eventVersion(version) });
  }
  return version;
}

function onDeleteMarker(marker: VersionRecord, versionId: string | undefined): S3Error {
  const headers = { "x-amz-delete-marker": "true", "x-amz-version-id": marker.versionId };
  return versionId === undefined
    ? new S3Error("NoSuchKey", undefined, { details: { Key: marker.key }, headers })
    : new S3Error("MethodNotAllowed", undefined, { headers });
}

function annotated(
  version: VersionRecord,
  bucket: BucketRecord,
  change: Annotation,
  now: number,
): VersionRecord {
  if (change.type === "tags") {
    const { tags: _, ...rest } = version;
    return change.tags === null ? rest : { ...rest, tags: change.tags };
  }
  if (change.type === "acl") return { ...version, acl: change.acl };
  requireObjectLock(bucket);
  if (change.type === "legal-hold") return { ...version, legalHold: change.on };
  checkRetentionChange(version, change.retention, now, change.bypassGovernance);
  const { retention: _, ...rest } = version;
  return change.retention === null ? rest : { ...rest, retention: change.retention };
}
