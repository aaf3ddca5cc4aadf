import type { RemoveTarget, WriteCondition } from "#objects/catalog.ts";
import type { VersionRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";

/** RFC 9110 §13.1 for writes. Throws PreconditionFailed, or NoSuchKey when If-Match finds nothing, as S3 does. */
export function checkWriteCondition(
  condition: WriteCondition | undefined,
  newest: VersionRecord | undefined,
): void {
  const object = newest?.isDeleteMarker === true ? undefined : newest;
  if (condition?.ifMatch !== undefined) {
    if (object === undefined) throw new S3Error("NoSuchKey");
    if (!matches(condition.ifMatch, object)) throw failed("If-Match");
  }
  if (condition?.ifNoneMatch !== undefined && object !== undefined)
    if (matches(condition.ifNoneMatch, object)) throw failed("If-None-Match");
}

/** Of a delete: against the version that it is about, be it a delete marker. What is not there needs no deleting, whatever the condition. */
export function checkRemoveCondition(
  condition: RemoveTarget["condition"],
  version: VersionRecord | undefined,
): void {
  if (condition === undefined || version === undefined) return;
  if (condition.ifMatch !== undefined && !matches(condition.ifMatch, version)) throw failed("If-Match");
  // On the wire times have seconds.
  if (
    condition.lastModified !== undefined &&
    Math.floor(condition.lastModified / 1000) !== Math.floor(version.lastModified / 1000)
  )
    throw failed("x-amz-if-match-last-modified-time");
  if (condition.size !== undefined && condition.size !== version.size) throw failed("x-amz-if-match-size");
  if (condition.sequence !== undefined && condition.sequence !== version.sequence) throw failed("sequence");
}

function matches(tags: readonly string[], version: VersionRecord): boolean {
  return tags.includes("*") || tags.includes(version.etag);
}

function failed(condition: string): S3Error {
  return new S3Error("PreconditionFailed", undefined, { details: { Condition: condition } });
}
