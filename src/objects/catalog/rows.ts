import type { BucketRecord, PartRecord, UploadRecord, VersionRecord } from "#objects/records.ts";
import { readObjectKey, readSequencedKey, textKey } from "./keys.ts";

/** What an extent's row says. */
export type ExtentOwner =
  | {
      readonly type: "version";
      readonly bucketId: string;
      readonly key: string;
      readonly sequence: number;
    }
  | {
      readonly type: "part";
      readonly bucketId: string;
      readonly key: string;
      readonly uploadSequence: number;
      readonly number: number;
    }
  /** Nobody refers to it any more; its row in `garbage` has this time. */
  | { readonly type: "garbage"; readonly at: number };

export function encodeJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value), "utf8");
}

/** Rows are written by this code only and checksummed by the journal, so their shape is trusted. */
export function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
}

/** A version's value leaves out what its key says. */
export function encodeVersion(version: VersionRecord): Buffer {
  return encodeJson({ ...version, bucketId: undefined, key: undefined });
}
export function decodeVersion(bucketId: string, key: string, value: Uint8Array): VersionRecord {
  // As encodeVersion left it.
  return { bucketId, key, ...(decodeJson(value) as Omit<VersionRecord, "bucketId" | "key">) };
}

export function encodeUpload(upload: UploadRecord): Buffer {
  return encodeJson({ ...upload, bucketId: undefined, key: undefined });
}
export function decodeUpload(bucketId: string, key: string, value: Uint8Array): UploadRecord {
  // As encodeUpload left it.
  return { bucketId, key, ...(decodeJson(value) as Omit<UploadRecord, "bucketId" | "key">) };
}

export function decodePart(value: Uint8Array): PartRecord {
  return decodeJson(value) as PartRecord; // rows of `part` hold nothing else
}
export function decodeBucket(value: Uint8Array): BucketRecord {
  return decodeJson(value) as BucketRecord; // rows of `bucket` hold nothing else
}

/** A row of `current` or `marker`. */
export function versionOfNewestRow(
  bucketId: string,
  row: { readonly key: Uint8Array; readonly value: Uint8Array },
): VersionRecord {
  return decodeVersion(bucketId, readObjectKey(row.key), row.value);
}

export function versionOfNoncurrentRow(
  bucketId: string,
  row: { readonly key: Uint8Array; readonly value: Uint8Array },
): VersionRecord {
  return decodeVersion(bucketId, readSequencedKey(row.key).key, row.value);
}

/** Where a newest version's row is. */
export function newestKey(version: {
  readonly bucketId: string;
  readonly key: string;
  readonly isDeleteMarker: boolean;
}): Buffer {
  return textKey(version.isDeleteMarker ? "marker" : "current", version.bucketId, version.key);
}
