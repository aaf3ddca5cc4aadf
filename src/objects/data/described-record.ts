import type {
  BucketRecord,
  Grant,
  ObjectHeaders,
  Retention,
  StoredChecksum,
  UploadRecord,
} from "#objects/records.ts";

/**
 * What the shards of a body say of it, beside their extent: enough to bring the object back when the journal is lost. As it was when the body was written; what
 * was changed later (tags, locks) is in the journal alone.
 */
export interface DescribedRecord {
  readonly bucket: Pick<BucketRecord, "id" | "name" | "project" | "versioning"> & {
    readonly hasObjectLock?: true;
  };
  readonly key: string;
  /** Random: the extents of one body have the same. */
  readonly write: string;
  /** Without a journal the clock is all there is to order versions by. */
  readonly writtenAt: number;
  readonly size: number;
  readonly etag: string;
  readonly checksums: readonly StoredChecksum[];
  readonly headers: ObjectHeaders;
  readonly writer: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly retention?: Retention;
  readonly legalHold?: boolean;
  readonly owner?: string;
  readonly acl?: readonly Grant[];
  /** Of a part: its upload. */
  readonly part?: {
    readonly uploadId: string;
    readonly number: number;
    readonly checksum?: UploadRecord["checksum"];
  };
}
