import type { PartRecord, UploadRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { Held, Rows } from "./draft.ts";
import { sequenceOfId } from "./ids.ts";
import { partKeyPrefix, prefixRange, uploadKey } from "./keys.ts";
import { decodePart, decodeUpload } from "./rows.ts";

/** An upload in progress and where its row is. */
export interface PlacedUpload {
  readonly upload: UploadRecord;
  readonly sequence: number;
  readonly rowKey: Uint8Array;
}
export interface PlacedPart extends Held {
  readonly part: PartRecord;
  readonly rowKey: Uint8Array;
}

/** Undefined when there is no such upload of this object. */
export function findUpload(
  rows: Pick<Rows, "get">,
  bucketId: string,
  key: string,
  uploadId: string,
): PlacedUpload | undefined {
  const sequence = sequenceOfId(uploadId);
  if (sequence === undefined) return undefined;
  const rowKey = uploadKey(bucketId, key, sequence);
  const row = rows.get(rowKey);
  if (row === undefined) return undefined;
  const upload = decodeUpload(bucketId, key, row.value);
  return upload.uploadId === uploadId ? { upload, sequence, rowKey } : undefined;
}

export function requireUpload(
  rows: Pick<Rows, "get">,
  bucketId: string,
  key: string,
  uploadId: string,
): PlacedUpload {
  const placed = findUpload(rows, bucketId, key, uploadId);
  if (placed === undefined) throw new S3Error("NoSuchUpload", undefined, { details: { UploadId: uploadId } });
  return placed;
}

/** In the order of their numbers, above `after`. */
export function* partsOf(
  rows: Pick<Rows, "scan">,
  uploadSequence: number,
  after: number = 0,
): IterableIterator<PlacedPart> {
  const { from, to } = prefixRange(partKeyPrefix(uploadSequence));
  for (const row of rows.scan(from, to)) {
    const part = decodePart(row.value);
    if (part.number > after) yield { ...row, part, rowKey: row.key };
  }
}
