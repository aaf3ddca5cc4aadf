import type { Commit, Committed } from "#objects/catalog.ts";
import { keyMaxBytes } from "#objects/limits.ts";
import type { BucketRecord, DataRef, VersionRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import { checkWriteCondition } from "./conditions.ts";
import type { Held } from "./draft.ts";
import { extentsOf, ownExtents } from "./extents.ts";
import { makeId } from "./ids.ts";
import { checkRemovable, lockOfNewVersion } from "./locks.ts";
import type { ObjectEvent } from "./outbox.ts";
import type { Planning } from "./planning.ts";
import { addVersion, findNewest, findVersion, type Placed } from "./versions.ts";

/** A new version of an object. */
export function planCommit(plan: Planning, input: Commit, blob?: Uint8Array): Committed {
  const bucket = plan.bucket(input.bucket);
  checkKey(input.key);
  checkBytes(input.version.data, blob);
  const newest = findNewest(plan.rows, bucket.id, input.key);
  checkWriteCondition(input.condition, newest?.version);
  const { retention: _retention, legalHold: _legalHold, ...said } = input.version;
  const version: VersionRecord = {
    ...newVersion(plan, bucket, input.key),
    ...said,
    ...lockOfNewVersion(bucket, input.version, plan.now),
    isDeleteMarker: false,
  };
  checkReplaced(plan, version, newest);
  ownExtents(plan, extentsOf(version.data), versionOwner(version), input.missingShards);
  addVersion(plan, version, newest, blob === undefined ? {} : { blob });
  plan.notify({ name: `s3:ObjectCreated:${input.by ?? "Put"}`, bucket, version: eventVersion(version) });
  return { version, isVersioned: bucket.versioning !== "off" };
}

/** What an event tells of a version. */
export function eventVersion(version: VersionRecord): ObjectEvent["version"] {
  const { key, versionId, size, etag, writer, sequence } = version;
  return { key, versionId, size, etag, writer, sequence };
}

/** The fields that the catalog decides. */
export function newVersion(
  plan: Planning,
  bucket: BucketRecord,
  key: string,
): Pick<VersionRecord, "bucketId" | "key" | "versionId" | "sequence" | "lastModified"> {
  const sequence = plan.nextSequence();
  const versionId = bucket.versioning === "enabled" ? makeId(sequence, plan.random) : "null";
  return { bucketId: bucket.id, key, versionId, sequence, lastModified: plan.now };
}

/** A "null" version from before versioning may have been locked since: it is not overwritten then. */
export function checkReplaced(plan: Planning, version: VersionRecord, newest: Placed | undefined): void {
  if (version.versionId !== "null" || newest === undefined) return;
  const replaced = findVersion(plan.rows, version.bucketId, version.key, "null");
  if (replaced !== undefined) checkRemovable(replaced.version, plan.now, false);
}

export function versionOwner(version: VersionRecord) {
  return {
    type: "version",
    bucketId: version.bucketId,
    key: version.key,
    sequence: version.sequence,
  } as const;
}

export function checkKey(key: string): void {
  if (key === "" || !key.isWellFormed()) throw new S3Error("InvalidArgument", "The key is not valid.");
  if (Buffer.byteLength(key) > keyMaxBytes) throw new S3Error("KeyTooLongError");
}

/** What the record says of its bytes must be what came. */
export function checkBytes(data: DataRef, blob: Uint8Array | undefined): Held {
  const expected = data.at === "inline" ? data.size : 0;
  if ((blob?.length ?? 0) !== expected || (blob === undefined) !== (data.at !== "inline"))
    throw new S3Error("InternalError", "The record and its bytes do not fit together.");
  return blob === undefined ? {} : { blob };
}
