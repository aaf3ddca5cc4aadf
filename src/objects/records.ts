/**
 * The records of the object store, as the journal, the index and the catalog's socket carry them (JSON). They are our own words, written and read
 * by one version of VDC at a time; new fields are optional. Times are milliseconds since 1970-01-01 UTC; they are shown, never ordered by.
 */

/** The five algorithms of S3's "additional checksums". */
export type ChecksumAlgorithm = "CRC32" | "CRC32C" | "CRC64NVME" | "SHA1" | "SHA256";
/** FULL_OBJECT covers the bytes; COMPOSITE is the checksum of the parts' checksums, written `value-parts`. */
export interface StoredChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: "FULL_OBJECT" | "COMPOSITE";
  /** Base64, as on the wire, with `-N` when composite. */
  readonly value: string;
}

export interface CorsRule {
  readonly id?: string;
  readonly allowedOrigins: readonly string[];
  readonly allowedMethods: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly maxAgeSeconds?: number;
}

export interface ObjectFilter {
  readonly prefix?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly sizeGreaterThan?: number;
  readonly sizeLessThan?: number;
}

export interface LifecycleRule {
  readonly id: string;
  readonly enabled: boolean;
  readonly filter: ObjectFilter;
  /** Whether the request used the old `Prefix` beside `Filter`; answered in the same form. */
  readonly legacyPrefix?: boolean;
  readonly expiration?:
    | { readonly days: number }
    | { readonly date: number }
    | { readonly expiredObjectDeleteMarker: true };
  readonly noncurrentExpiration?: { readonly days: number; readonly newerVersions?: number };
  readonly abortIncompleteUploadDays?: number;
}

export interface NotificationRule {
  readonly id: string;
  /** Name of a webhook endpoint of the project; S3's ARN of the request is `arn:vdc:webhook::PROJECT:NAME`. */
  readonly endpoint: string;
  /** `s3:ObjectCreated:*` and its like. */
  readonly events: readonly string[];
  readonly prefix?: string;
  readonly suffix?: string;
  /** Given as TopicConfiguration, and answered so; otherwise as QueueConfiguration. */
  readonly form?: "topic";
}

export interface PublicAccessBlock {
  readonly blockPublicAcls: boolean;
  readonly ignorePublicAcls: boolean;
  readonly blockPublicPolicy: boolean;
  readonly restrictPublicBuckets: boolean;
}

export interface DefaultRetention {
  readonly mode: RetentionMode;
  readonly days?: number;
  readonly years?: number;
}
export type RetentionMode = "GOVERNANCE" | "COMPLIANCE";

export type AclPermission = "READ" | "WRITE" | "READ_ACP" | "WRITE_ACP" | "FULL_CONTROL";
/** One line of an access control list: to a project (S3's canonical user), or to a group. */
export interface Grant {
  readonly to: { readonly project: string } | { readonly group: "AllUsers" | "AuthenticatedUsers" };
  readonly permission: AclPermission;
}

export interface BucketRecord {
  readonly name: string;
  /** A random id: rows of a bucket that was deleted and made again cannot meet. */
  readonly id: string;
  readonly project: string;
  readonly createdAt: number;
  readonly versioning: "off" | "enabled" | "suspended";
  readonly objectLock?: { readonly defaultRetention?: DefaultRetention };
  /** The policy document as given; parsed where it is used. */
  readonly policy?: string;
  readonly publicAccessBlock?: PublicAccessBlock;
  readonly acl: "private" | "public-read" | readonly Grant[];
  readonly cors?: readonly CorsRule[];
  readonly lifecycle?: readonly LifecycleRule[];
  readonly notifications?: readonly NotificationRule[];
  readonly tags?: Readonly<Record<string, string>>;
  /** Objects are sealed with SSE-S3 unless a request says otherwise; absent: only when a request asks. */
  readonly encryption?: "AES256";
  readonly ownership?: "BucketOwnerEnforced" | "BucketOwnerPreferred" | "ObjectWriter";
  /** Changes with every change of this record. */
  readonly sequence: number;
}

/** Where an extent's shards lie: `drives[i]` holds shard i (0…k−1 data, then parity); -1 is a shard that was not written. */
export interface ExtentRef {
  /** 32 hexadecimal digits, random. */
  readonly id: string;
  /** Bytes that were put in: after sealing, before coding. */
  readonly size: number;
  readonly k: number;
  readonly m: number;
  readonly chunkBytes: number;
  readonly drives: readonly number[];
}

/** Where a blob of the journal lies: the copies are on the drives of the segment's ensemble. */
export interface BlobPlace {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
  /** CRC-32 of the bytes. */
  readonly crc: number;
}

/** Where a version's bytes are. `inline`: in the journal, at the place that the index keeps beside the row. */
export type DataRef =
  | { readonly at: "none" }
  | { readonly at: "inline"; readonly size: number }
  | { readonly at: "extents"; readonly extents: readonly ExtentRef[] };

/** The data key of this version, wrapped by the operator's master key (SSE-S3) or by the customer's (SSE-C), of which nothing is kept. */
export interface SealRecord {
  readonly algorithm: "AES256";
  /** Which master key wrapped it; empty with SSE-C. */
  readonly masterKeyId: string;
  /** SSE-C: the request must bring the key. */
  readonly customer?: true;
  /** Base64: nonce, wrapped key, tag. */
  readonly wrappedKey: string;
}

export interface Retention {
  readonly mode: RetentionMode;
  readonly until: number;
}

/** What a PUT says of an object besides its bytes. */
export interface ObjectHeaders {
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly contentDisposition?: string;
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  readonly expires?: string;
  readonly websiteRedirectLocation?: string;
  /** Names in lower case without `x-amz-meta-`. */
  readonly user: Readonly<Record<string, string>>;
}

export interface VersionPart {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
  readonly checksums?: readonly StoredChecksum[];
  /** Each part is sealed by a key of its own. */
  readonly seal?: SealRecord;
  /** How many of the version's extents are this part's, in order. */
  readonly extents: number;
  /** Bytes of a part that was small enough for the journal, as a blob row of its own. */
  readonly blob?: string;
}

/** One version of an object, or a delete marker. */
export interface VersionRecord {
  readonly bucketId: string;
  readonly key: string;
  /** `null` for the version that has no id of its own; otherwise an id that shows nothing. */
  readonly versionId: string;
  /** The order of versions. From the journal, never from a clock. */
  readonly sequence: number;
  readonly isDeleteMarker: boolean;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly lastModified: number;
  readonly headers: ObjectHeaders;
  readonly checksums: readonly StoredChecksum[];
  /** Of a multipart object. */
  readonly parts?: readonly VersionPart[];
  /** Of a multipart object: completing the same upload once more finds it done. */
  readonly uploadId?: string;
  readonly data: DataRef;
  readonly seal?: SealRecord;
  readonly tags?: Readonly<Record<string, string>>;
  readonly retention?: Retention;
  readonly legalHold?: boolean;
  /** Access key or `anonymous` that wrote it. */
  readonly writer: string;
  /** Project that owns the object; absent: the bucket's. */
  readonly owner?: string;
  /** Absent: private to its owner. */
  readonly acl?: readonly Grant[];
  /** Since when it is noncurrent; for lifecycle. */
  readonly noncurrentSince?: number;
}

export interface UploadRecord {
  readonly bucketId: string;
  readonly key: string;
  readonly uploadId: string;
  readonly startedAt: number;
  readonly headers: ObjectHeaders;
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly type: "FULL_OBJECT" | "COMPOSITE" };
  readonly tags?: Readonly<Record<string, string>>;
  readonly retention?: Retention;
  readonly legalHold?: boolean;
  readonly encrypted: boolean;
  /** SSE-C: a key that is used for nothing, wrapped by the customer's, so that parts with another key are found out. */
  readonly keyCheck?: SealRecord;
  readonly writer: string;
  readonly owner?: string;
  readonly acl?: readonly Grant[];
}

export interface PartRecord {
  readonly uploadId: string;
  readonly number: number;
  readonly size: number;
  readonly etag: string;
  readonly lastModified: number;
  readonly checksums: readonly StoredChecksum[];
  readonly data: DataRef;
  readonly seal?: SealRecord;
}

/** What a key may do. Absent lists mean: everything of its project. */
export interface KeyScope {
  readonly buckets?: readonly string[];
  readonly prefix?: string;
  readonly access: "read" | "write" | "full";
}

/** Credentials. The secret is sealed by the operator's master key on disk; in memory of the catalog and the fronts it is plain, because SigV4 needs it. */
export interface AccessKeyRecord {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Control's resource that it belongs to; `system` for VDC's own. */
  readonly owner: string;
  readonly project: string;
  readonly app?: string;
  readonly scope: KeyScope;
  readonly createdAt: number;
  /** After this it is refused. */
  readonly expiresAt?: number;
}

export type DriveState =
  /** Reads and writes. */
  | "ok"
  /** Answers late or has failed lately: read last, not written. */
  | "suspect"
  /** No room beyond the headroom: read, not written. */
  | "full"
  | "readonly"
  /** Emptied by rebalance: read, not written. */
  | "draining"
  /** Its directory or identity file is not there. */
  | "missing"
  /** Another drive's identity, or another store's, lies there. */
  | "wrong"
  /** Its journal knows less than the others say it should. */
  | "stale"
  /** Given up by us or by the operator: what lay on it is rebuilt elsewhere. */
  | "failed";

export interface DriveRecord {
  /** 0, 1, 2 … never used again. */
  readonly number: number;
  /** Written into the drive's identity file. */
  readonly id: string;
  readonly path: string;
  /** The operator's wish. */
  readonly wanted: "active" | "drained" | "failed";
  readonly addedAt: number;
}

/** A drive as fronts and people see it. */
export interface DriveView extends DriveRecord {
  readonly state: DriveState;
  readonly reason?: string;
  readonly since: number;
  readonly totalBytes: number;
  readonly freeBytes: number;
}
