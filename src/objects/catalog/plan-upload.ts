import type { Catalog } from "#objects/catalog.ts";
import { partNumberMax } from "#objects/limits.ts";
import type { PartRecord, UploadRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import { dropExtents, extentsOf, ownExtents } from "./extents.ts";
import { makeId } from "./ids.ts";
import { escapedPrefix, partKey, prefixRange, readSequencedKey, uploadKey } from "./keys.ts";
import { lockOfNewVersion } from "./locks.ts";
import { checkBytes, checkKey } from "./plan-commit.ts";
import type { Planning } from "./planning.ts";
import { decodePart, decodeUpload, encodeJson, encodeUpload } from "./rows.ts";
import { partsOf, requireUpload, type PlacedUpload } from "./uploads.ts";

type CreateUpload = Parameters<Catalog["createUpload"]>[0];
type PutPart = Parameters<Catalog["putPart"]>[0];

export function planCreateUpload(plan: Planning, input: CreateUpload): UploadRecord {
  const bucket = plan.bucket(input.bucket);
  checkKey(input.upload.key);
  // Refused now rather than after gigabytes of parts; the default retention begins when it is completed.
  lockOfNewVersion(bucket, input.upload, plan.now);
  const sequence = plan.nextSequence();
  const upload: UploadRecord = {
    ...input.upload,
    bucketId: bucket.id,
    uploadId: makeId(sequence, plan.random),
    startedAt: plan.now,
  };
  plan.rows.put(uploadKey(bucket.id, upload.key, sequence), encodeUpload(upload));
  plan.count(bucket.id, { uploads: 1 });
  return upload;
}

/** A part takes the place of the one with its number. */
export function planPutPart(plan: Planning, input: PutPart, blob?: Uint8Array): PartRecord {
  const bucket = plan.bucket(input.bucket);
  const { uploadId, number } = input.part;
  const { sequence } = requireUpload(plan.rows, bucket.id, input.key, uploadId);
  if (!Number.isInteger(number) || number < 1 || number > partNumberMax)
    throw new S3Error("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive");
  const held = checkBytes(input.part.data, blob);
  const rowKey = partKey(sequence, number);
  const replaced = plan.rows.get(rowKey);
  const part: PartRecord = { ...input.part, lastModified: plan.now };
  ownExtents(
    plan,
    extentsOf(part.data),
    { type: "part", bucketId: bucket.id, key: input.key, uploadSequence: sequence, number },
    input.missingShards,
  );
  if (replaced !== undefined) dropExtents(plan, extentsOf(decodePart(replaced.value).data));
  plan.rows.put(rowKey, encodeJson(part), held);
  return part;
}

export function planAbortUpload(plan: Planning, bucketName: string, key: string, uploadId: string): void {
  const bucket = plan.bucket(bucketName);
  dropUpload(plan, requireUpload(plan.rows, bucket.id, key, uploadId));
}

/** Removes an upload and its parts; their extents become garbage. */
export function dropUpload(plan: Planning, { upload, sequence, rowKey }: PlacedUpload): void {
  const parts = [...partsOf(plan.rows, sequence)]; // all of them before the first change
  for (const { part, rowKey: partRow } of parts) {
    plan.rows.remove(partRow);
    dropExtents(plan, extentsOf(part.data));
  }
  plan.rows.remove(rowKey);
  plan.count(upload.bucketId, { uploads: -1 });
}

export function uploadsOfBucket(plan: Planning, bucketId: string, limit: number): readonly PlacedUpload[] {
  const { from, to } = prefixRange(escapedPrefix("upload", bucketId, ""));
  const uploads: PlacedUpload[] = [];
  for (const row of plan.rows.scan(from, to)) {
    if (uploads.length >= limit) break;
    const { key, sequence } = readSequencedKey(row.key);
    uploads.push({ upload: decodeUpload(bucketId, key, row.value), sequence, rowKey: row.key });
  }
  return uploads;
}
