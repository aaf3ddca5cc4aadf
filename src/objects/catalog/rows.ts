import { assert } from "#lib/assert.ts";
import type { BucketRecord, PartRecord, UploadRecord, VersionRecord } from "#objects/records.ts";
import { readSequencedKey, textKey } from "./keys.ts";

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

/**
 * A version's value: a line with what lists show, then the rest as JSON, without what the row's key says. The line is read by the million; JSON would take most
 * of the time of a list.
 */
export function encodeVersion(version: VersionRecord): Buffer {
  const { bucketId: _bucketId, key: _key, size, lastModified, etag, ...rest } = version;
  const kinds = version.checksums.map(({ algorithm, type }) => `${algorithm}/${type}`).join();
  assert(!/[ \n]/.test(etag), "an entity tag is a word");
  return Buffer.from(`${size} ${lastModified} ${etag} ${kinds}\n${JSON.stringify(rest)}`, "utf8");
}
export function decodeVersion(bucketId: string, key: string, value: Uint8Array): VersionRecord {
  const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf8");
  const end = text.indexOf("\n");
  const { size, lastModified, etag } = decodeHead(text.slice(0, end));
  // As encodeVersion left it.
  const rest = JSON.parse(text.slice(end + 1)) as Omit<VersionRecord, "bucketId" | "key" | keyof VersionHead>;
  return { bucketId, key, size, lastModified, etag, ...rest };
}

/** What lists show of a version. */
export interface VersionHead {
  readonly size: number;
  readonly lastModified: number;
  readonly etag: string;
}
export function decodeHead(line: string): VersionHead & { readonly kinds: string } {
  const [size = "", lastModified = "", etag = "", kinds = ""] = line.split(" ");
  return { size: Number(size), lastModified: Number(lastModified), etag, kinds };
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
