import type {
  AccessKeyRecord,
  BlobPlace,
  BucketRecord,
  ExtentRef,
  Grant,
  PartRecord,
  Retention,
  UploadRecord,
  VersionRecord,
} from "#objects/records.ts";

/**
 * Every question and command about metadata. All inputs and answers are plain JSON values (bytes apart, in `blob`), because fronts call the catalog over a
 * socket. Commands that carry `callId` are idempotent: the same id gets the same answer, also after the catalog was killed in between; a front sends
 * again until it has an answer. Refusals are `S3Error`.
 */
export interface Catalog {
  createBucket(input: CallId & { readonly bucket: NewBucket }): Promise<BucketRecord>;
  deleteBucket(input: CallId & { readonly name: string }): Promise<void>;
  /** Replaces the given fields; null removes one. Answers when every front knows. */
  updateBucket(
    input: CallId & { readonly name: string; readonly change: BucketChange },
  ): Promise<BucketRecord>;

  /** The newest version, or the one asked for. Undefined version: there is none; a delete marker is a version. */
  find(input: ObjectName & { readonly versionId?: string }): Promise<Found>;
  /** Makes a version durable and visible. Throws PreconditionFailed, NoSuchBucket, AccessDenied (object lock)… and nothing is changed then. */
  commit(input: Commit, blob?: Uint8Array): Promise<Committed>;
  /** Deletes as S3 does: a marker when versioned and no version is named. A missing object is no error. */
  remove(
    input: CallId &
      RemoveTarget & { readonly bucket: string; readonly bypassGovernance: boolean; readonly writer: string },
  ): Promise<Removed>;
  /** The same for up to 1,000 objects, in order; a refusal stands in its place. */
  removeMany(
    input: CallId & {
      readonly bucket: string;
      readonly targets: readonly RemoveTarget[];
      readonly bypassGovernance: boolean;
      readonly writer: string;
    },
  ): Promise<readonly (Removed | Refused)[]>;
  /** Tags, retention or legal hold of one version. */
  annotate(
    input: CallId & ObjectName & { readonly versionId?: string; readonly change: Annotation },
  ): Promise<VersionRecord>;

  list(input: ListObjects): Promise<Listed>;
  listVersions(input: ListVersions): Promise<ListedVersions>;

  createUpload(
    input: CallId & {
      readonly bucket: string;
      readonly upload: Omit<UploadRecord, "bucketId" | "uploadId" | "startedAt">;
    },
  ): Promise<UploadRecord>;
  /** Throws NoSuchUpload. */
  findUpload(input: ObjectName & { readonly uploadId: string }): Promise<UploadRecord>;
  putPart(
    input: CallId &
      ObjectName & {
        readonly part: Omit<PartRecord, "lastModified">;
        /** As of `Commit`. */
        readonly missingShards?: readonly MissingShard[];
      },
    blob?: Uint8Array,
  ): Promise<PartRecord>;
  listParts(
    input: ObjectName & { readonly uploadId: string; readonly after: number; readonly limit: number },
  ): Promise<{
    readonly upload: UploadRecord;
    readonly parts: readonly PartRecord[];
    readonly isTruncated: boolean;
  }>;
  listUploads(input: ListUploads): Promise<ListedUploads>;
  completeUpload(input: CompleteUpload): Promise<Committed>;
  abortUpload(input: CallId & ObjectName & { readonly uploadId: string }): Promise<void>;

  putKey(input: { readonly key: AccessKeyRecord }): Promise<void>;
  /** Answers when no front accepts it any more. */
  removeKey(input: { readonly accessKeyId: string }): Promise<void>;

  /** A front read a shard that is bad or late, or could not write one; the catalog decides what that means for the drive and queues the repair. */
  report(input: { readonly findings: readonly Finding[] }): Promise<void>;
  /** Extents whose upload failed: they are garbage at once. */
  discard(input: { readonly extents: readonly ExtentRef[] }): Promise<void>;
}

/** The names of the calls, for the socket. */
export type CatalogCall = keyof Catalog;

export interface CallId {
  /** Random, made once for each client request that changes something. */
  readonly callId: string;
}

export interface ObjectName {
  readonly bucket: string;
  readonly key: string;
}

export type NewBucket = Omit<BucketRecord, "id" | "createdAt" | "sequence">;
/** `undefined` leaves a field, `null` removes it. */
export type BucketChange = {
  readonly [Field in Exclude<keyof BucketRecord, "name" | "id" | "project" | "createdAt" | "sequence">]?:
    | BucketRecord[Field]
    | null;
};

export interface Found {
  readonly bucket: BucketRecord;
  readonly version?: VersionRecord;
  /** Where inline bytes lie. */
  readonly place?: BlobPlace;
  /** Of parts whose bytes are in the journal, by `VersionPart.blob`. */
  readonly places?: Readonly<Record<string, BlobPlace>>;
  readonly isLatest: boolean;
}

/** RFC 9110 conditions of a write, against the newest version (a delete marker counts as nothing). */
export interface WriteCondition {
  /** Entity tags without quotes, or `*`. */
  readonly ifMatch?: readonly string[];
  readonly ifNoneMatch?: readonly string[];
}

export interface Commit extends CallId, ObjectName {
  readonly version: Omit<
    VersionRecord,
    "bucketId" | "key" | "versionId" | "sequence" | "isDeleteMarker" | "lastModified" | "noncurrentSince"
  >;
  readonly condition?: WriteCondition;
  /** What the event of it is called; otherwise `Put`. */
  readonly by?: "Post" | "Copy";
  /** Shards that could not be written; the extent is repaired from this. */
  readonly missingShards?: readonly MissingShard[];
}

export interface MissingShard {
  readonly extentId: string;
  readonly shard: number;
}

export interface Committed {
  readonly version: VersionRecord;
  /** Whether the answer names a version id. */
  readonly isVersioned: boolean;
}

export interface RemoveTarget {
  readonly key: string;
  readonly versionId?: string;
  readonly condition?: {
    readonly ifMatch?: readonly string[];
    readonly lastModified?: number;
    readonly size?: number;
    /** `VersionRecord.sequence`: nothing was written since it was looked at. */
    readonly sequence?: number;
  };
}
export interface Removed {
  readonly key: string;
  readonly versionId?: string;
  /** A marker was made (its id), or one was removed. */
  readonly deleteMarker?: { readonly versionId: string };
}
export interface Refused {
  readonly key: string;
  readonly versionId?: string;
  readonly code: string;
  readonly message: string;
}

export type Annotation =
  | { readonly type: "tags"; readonly tags: Readonly<Record<string, string>> | null }
  | { readonly type: "retention"; readonly retention: Retention | null; readonly bypassGovernance: boolean }
  | { readonly type: "legal-hold"; readonly on: boolean }
  | { readonly type: "acl"; readonly acl: readonly Grant[] };

export interface ListPage {
  readonly bucket: string;
  readonly prefix: string;
  /** Empty: no grouping. */
  readonly delimiter: string;
  /** 0 to 1,000; keys and common prefixes count alike. */
  readonly limit: number;
}
export interface ListObjects extends ListPage {
  /** Everything up to and including this is skipped; when it is a common prefix, all below it too. Empty: from the start. */
  readonly after: string;
}
export interface Listed {
  readonly bucket: BucketRecord;
  readonly entries: readonly ListEntry[];
  readonly isTruncated: boolean;
  /** Key or common prefix that came last; given as `after` for the next page. */
  readonly next?: string;
}
/** What a list shows of an object; whole records would be slow by the million. */
export type ListEntry =
  | { readonly type: "prefix"; readonly prefix: string }
  | {
      readonly type: "object";
      readonly key: string;
      readonly size: number;
      readonly etag: string;
      readonly lastModified: number;
      readonly checksums?: readonly { readonly algorithm: string; readonly type: string }[];
    };

export interface ListVersions extends ListPage {
  readonly keyMarker: string;
  readonly versionIdMarker?: string;
}
export interface ListedVersions {
  readonly bucket: BucketRecord;
  readonly entries: readonly (
    | { readonly type: "prefix"; readonly prefix: string }
    | { readonly type: "version"; readonly version: VersionRecord; readonly isLatest: boolean }
  )[];
  readonly isTruncated: boolean;
  readonly nextKeyMarker?: string;
  readonly nextVersionIdMarker?: string;
}

export interface ListUploads extends ListPage {
  readonly keyMarker: string;
  readonly uploadIdMarker?: string;
}
export interface ListedUploads {
  readonly bucket: BucketRecord;
  readonly entries: readonly (
    | { readonly type: "prefix"; readonly prefix: string }
    | { readonly type: "upload"; readonly upload: UploadRecord }
  )[];
  readonly isTruncated: boolean;
  readonly nextKeyMarker?: string;
  readonly nextUploadIdMarker?: string;
}

export interface CompleteUpload extends CallId, ObjectName {
  readonly uploadId: string;
  /** In the order of the request; must ascend (InvalidPartOrder) and exist with that tag (InvalidPart). */
  readonly parts: readonly {
    readonly number: number;
    readonly etag: string;
    readonly checksums?: Readonly<Record<string, string>>;
  }[];
  readonly condition?: WriteCondition;
  /** Checksum of the whole object that the client gives (BadDigest). */
  readonly checksum?: { readonly algorithm: string; readonly value: string };
  /** x-amz-mp-object-size (InvalidRequest). */
  readonly size?: number;
  readonly writer: string;
}

/** What a front saw of a drive. */
export interface Finding {
  readonly drive: number;
  readonly kind: "checksum-mismatch" | "missing-shard" | "io-error" | "late" | "no-space" | "read-only";
  readonly extentId?: string;
  readonly shard?: number;
  readonly segment?: number;
  /** System error code, such as EIO. */
  readonly code?: string;
  readonly count: number;
}

/**
 * What fronts must know without asking: keys, buckets and drives. The catalog sends all of it when a front connects and each change after; a command that
 * changes one is answered when every connected front has it, so that a revoked key is revoked at once.
 */
export interface Configuration {
  key(accessKeyId: string): AccessKeyRecord | undefined;
  bucket(name: string): BucketRecord | undefined;
  /** By name, of one project or all. */
  buckets(project?: string): readonly BucketRecord[];
}
