import type { Committed, CompleteUpload } from "#objects/catalog.ts";
import { objectMaxBytes, partMinBytes } from "#objects/limits.ts";
import type { BucketRecord, UploadRecord, VersionPart, VersionRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import { checkWriteCondition } from "./conditions.ts";
import { dropExtents, extentsOf, moveExtents } from "./extents.ts";
import { textKey } from "./keys.ts";
import { lockOfNewVersion } from "./locks.ts";
import { checksumOfParts, etagOfParts } from "./part-checksums.ts";
import { checkReplaced, eventVersion, newVersion, versionOwner } from "./plan-commit.ts";
import type { Planning } from "./planning.ts";
import { findUpload, partsOf, type PlacedPart, type PlacedUpload } from "./uploads.ts";
import { addVersion, findNewest, type Placed } from "./versions.ts";

/** Makes the parts of an upload a version. The parts that are not named become garbage. */
export function planCompleteUpload(plan: Planning, input: CompleteUpload): Committed {
  const bucket = plan.bucket(input.bucket);
  const newest = findNewest(plan.rows, bucket.id, input.key);
  const placed = findUpload(plan.rows, bucket.id, input.key, input.uploadId);
  if (placed === undefined) return completedBefore(bucket, newest, input.uploadId);
  const all = new Map(Array.from(partsOf(plan.rows, placed.sequence), (part) => [part.part.number, part]));
  const parts = chosenParts(input, all);
  const size = parts.reduce((sum, { part }) => sum + part.size, 0);
  checkSizes(input, parts, size);
  checkWriteCondition(input.condition, newest?.version);
  const version = versionOfParts(plan, bucket, input, placed.upload, parts, size);
  checkReplaced(plan, version, newest);
  takeParts(plan, placed, all, parts, version);
  addVersion(plan, version, newest);
  plan.notify({ name: "s3:ObjectCreated:CompleteMultipartUpload", bucket, version: eventVersion(version) });
  return { version, isVersioned: bucket.versioning !== "off" };
}

/** A client that lost the answer asks again, with another call. */
function completedBefore(bucket: BucketRecord, newest: Placed | undefined, uploadId: string): Committed {
  if (newest?.version.uploadId !== uploadId)
    throw new S3Error("NoSuchUpload", undefined, { details: { UploadId: uploadId } });
  return { version: newest.version, isVersioned: bucket.versioning !== "off" };
}

function chosenParts(input: CompleteUpload, all: ReadonlyMap<number, PlacedPart>): readonly PlacedPart[] {
  if (input.parts.length === 0) throw new S3Error("MalformedXML", "You must specify at least one part");
  let before = 0;
  return input.parts.map(({ number, etag, checksums }) => {
    if (number <= before) throw new S3Error("InvalidPartOrder");
    before = number;
    const placed = all.get(number);
    if (placed === undefined || placed.part.etag !== etag.replaceAll('"', "")) throw invalidPart(number);
    for (const [algorithm, value] of Object.entries(checksums ?? {})) {
      const stored = placed.part.checksums.find((checksum) => checksum.algorithm === algorithm);
      if (stored?.value !== value) throw invalidPart(number);
    }
    return placed;
  });
}

function invalidPart(number: number): S3Error {
  return new S3Error("InvalidPart", undefined, { details: { PartNumber: String(number) } });
}

function checkSizes(input: CompleteUpload, parts: readonly PlacedPart[], size: number): void {
  for (const { part } of parts.slice(0, -1))
    if (part.size < partMinBytes)
      throw new S3Error("EntityTooSmall", undefined, {
        details: {
          ProposedSize: String(part.size),
          MinSizeAllowed: String(partMinBytes),
          PartNumber: String(part.number),
        },
      });
  if (size > objectMaxBytes) throw new S3Error("EntityTooLarge");
  if (input.size !== undefined && input.size !== size)
    throw new S3Error("InvalidRequest", "The parts are not as long as x-amz-mp-object-size says.");
}

function versionOfParts(
  plan: Planning,
  bucket: BucketRecord,
  input: CompleteUpload,
  upload: UploadRecord,
  placed: readonly PlacedPart[],
  size: number,
): VersionRecord {
  const parts = placed.map(({ part }) => part);
  const checksum = checksumOfParts(upload.checksum, input.checksum, parts);
  return {
    ...newVersion(plan, bucket, input.key),
    isDeleteMarker: false,
    size,
    etag: etagOfParts(parts),
    headers: upload.headers,
    checksums: checksum === undefined ? [] : [checksum],
    parts: placed.map((part) => versionPart(plan, part)),
    uploadId: upload.uploadId,
    data: { at: "extents", extents: parts.flatMap((part) => extentsOf(part.data)) },
    ...(upload.tags === undefined ? {} : { tags: upload.tags }),
    ...(upload.owner === undefined ? {} : { owner: upload.owner }),
    ...(upload.acl === undefined ? {} : { acl: upload.acl }),
    ...lockOfNewVersion(bucket, upload, plan.now),
    writer: input.writer,
  };
}

function versionPart(plan: Planning, { part }: PlacedPart): VersionPart {
  return {
    number: part.number,
    size: part.size,
    etag: part.etag,
    ...(part.checksums.length === 0 ? {} : { checksums: part.checksums }),
    ...(part.seal === undefined ? {} : { seal: part.seal }),
    extents: extentsOf(part.data).length,
    ...(part.data.at === "inline" ? { blob: Buffer.from(plan.random.bytes(18)).toString("base64url") } : {}),
  };
}

function takeParts(
  plan: Planning,
  { upload, rowKey }: PlacedUpload,
  all: ReadonlyMap<number, PlacedPart>,
  chosen: readonly PlacedPart[],
  version: VersionRecord,
): void {
  for (const [at, placed] of chosen.entries()) {
    moveExtents(plan, extentsOf(placed.part.data), versionOwner(version));
    const blob = version.parts?.[at]?.blob;
    if (blob !== undefined) plan.rows.put(textKey("blob", blob), Buffer.alloc(0), placed);
  }
  const taken = new Set(chosen);
  for (const placed of all.values()) {
    plan.rows.remove(placed.rowKey);
    if (!taken.has(placed)) dropExtents(plan, extentsOf(placed.part.data));
  }
  plan.rows.remove(rowKey);
  plan.count(upload.bucketId, { uploads: -1 });
}
