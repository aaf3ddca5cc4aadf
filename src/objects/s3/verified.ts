import type { BucketRecord, ChecksumAlgorithm, KeyScope } from "#objects/records.ts";

declare const verifiedBrand: unique symbol;

/** Who asks. */
export type Caller =
  | {
      readonly type: "key";
      readonly accessKeyId: string;
      readonly project: string;
      readonly app?: string;
      /** `AccessKeyRecord.owner`; policies can name it. Always set by `admit`. */
      readonly owner?: string;
      readonly scope: KeyScope;
    }
  | { readonly type: "anonymous" };

/**
 * A request that may be served: its signature was verified (or it is anonymous and a policy allows it), its caller may do the action on the resource, and
 * its body can only be read through the decoder that checks what was signed. `s3/auth/admit.ts` is the only place that makes one, and handlers take
 * nothing else: that is the choke point (CVE-2026-40344 and CVE-2026-41145 were handlers beside it).
 */
export interface VerifiedRequest {
  readonly [verifiedBrand]: true;
  readonly id: string;
  readonly caller: Caller;
  readonly method: string;
  /** The name of the operation that was authorised, such as `PutObject`. */
  readonly operation: string;
  readonly bucketName?: string;
  /** As of admission; undefined when it does not exist (then only CreateBucket and answers of NoSuchBucket go on). */
  readonly bucket?: BucketRecord;
  /** Decoded once from the raw request-target; the same value was authorised. */
  readonly key?: string;
  /** Decoded query parameters; a parameter without `=` has the value "". Repeated ones: the first. */
  readonly query: ReadonlyMap<string, string>;
  /**
   * Names in lower case, values with one character a byte. x-amz-* parameters of a presigned address and the fields of a POST form stand among them;
   * `aws-chunked` is taken out of content-encoding.
   */
  readonly headers: ReadonlyMap<string, string>;
  /** Fields of a POST form, names in lower case; only with PostObject. */
  readonly form?: ReadonlyMap<string, string>;
  /** The body without aws-chunked framing. Ends with S3Error when length, chunk signatures, trailer, Content-MD5, sha256 or a checksum do not match. */
  readonly body: VerifiedBody;
  /**
   * Authorises one more action of the same caller, such as tagging what it writes. Throws AccessDenied.
   */
  readonly alsoMay: (action: string, bucket: string, key?: string) => void;
  /** The same for reading an object, such as the source of a copy, whose own ACL may allow it. */
  readonly alsoMayRead: (name: {
    readonly bucket: string;
    readonly key: string;
    readonly versionId: string | undefined;
  }) => Promise<void>;
  /** Whether the caller may do it; for headers such as x-amz-bypass-governance-retention. */
  readonly may: (action: string, bucket: string, key?: string) => boolean;
}

export interface VerifiedBody {
  /** Decoded bytes, when the client said how many. */
  readonly size?: number;
  /** May be read once. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Before `chunks` is read: this checksum is computed too, unless the client gives one itself. */
  readonly alsoCompute: (algorithm: ChecksumAlgorithm) => void;
  /** What was computed while reading; complete once `chunks` has ended. MD5 is always there (hexadecimal). */
  readonly digest: () => BodyDigest;
  /** The whole body, at most `maxBytes` (EntityTooLarge or MalformedXML beyond). */
  readonly bytes: (maxBytes: number) => Promise<Uint8Array>;
}

export interface BodyDigest {
  readonly size: number;
  readonly md5: string;
  /** Those the client gave (header or trailer, verified), the one that `alsoCompute` asked for, and CRC64NVME, which is always computed. Base64. */
  readonly checksums: ReadonlyMap<string, string>;
  /** Which one the client chose, when it did. */
  readonly chosen?: string;
}
