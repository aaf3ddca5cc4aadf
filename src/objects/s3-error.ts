/**
 * S3's error codes that this service answers with, their HTTP status and their usual sentence ("Error responses" of the Amazon S3 API reference;
 * sentences are ours). The catalog throws them too: its semantics are S3's.
 */
export const s3ErrorTable = {
  AccessControlListNotSupported: [400, "The bucket does not allow access control lists."],
  AccessDenied: [403, "This request is not allowed."],
  AccessForbidden: [403, "CORS does not allow this request."],
  AuthorizationHeaderMalformed: [400, "The Authorization header cannot be read."],
  AuthorizationQueryParametersError: [400, "The signature in the query cannot be read."],
  BadDigest: [400, "The checksum does not match what arrived."],
  BucketAlreadyExists: [409, "The name belongs to a bucket of another project."],
  BucketAlreadyOwnedByYou: [409, "The bucket exists already and is yours."],
  BucketNotEmpty: [409, "The bucket still holds objects, versions or delete markers."],
  EntityTooLarge: [400, "The object is larger than is allowed here."],
  EntityTooSmall: [
    400,
    "A part other than the last is smaller than 5 MiB, or the object is smaller than the policy asks.",
  ],
  ExpiredToken: [400, "The token has expired."],
  IllegalVersioningConfigurationException: [400, "This versioning configuration is not possible."],
  IncompleteBody: [400, "The body is shorter than was announced."],
  InvalidAccessKeyId: [403, "The access key is not known here."],
  InvalidArgument: [400, "An argument is not valid."],
  InvalidBucketAclWithObjectOwnership: [
    400,
    "The bucket's access control list grants something to others, which its object ownership does not allow.",
  ],
  InvalidBucketName: [400, "The bucket's name is not valid."],
  InvalidBucketState: [409, "The bucket's state does not allow this."],
  InvalidDigest: [400, "The Content-MD5 or checksum is not well formed."],
  InvalidEncryptionAlgorithmError: [400, "The encryption algorithm is not supported; use AES256."],
  InvalidLocationConstraint: [400, "The location constraint is not valid."],
  InvalidObjectState: [403, "The object's state does not allow this."],
  InvalidPart: [400, "A part is missing or its entity tag does not match."],
  InvalidPartNumber: [416, "The part number is beyond the parts of the object."],
  InvalidPartOrder: [400, "The parts are not in ascending order."],
  InvalidPolicyDocument: [400, "The form's policy is not valid."],
  InvalidRange: [416, "The range cannot be satisfied."],
  InvalidRequest: [400, "The request is not valid."],
  InvalidRetentionPeriod: [400, "The retention period is not valid."],
  InvalidStorageClass: [400, "The storage class is not known."],
  InvalidTag: [400, "A tag is not valid."],
  InvalidToken: [400, "Session tokens are not issued here."],
  InvalidURI: [400, "The address cannot be read."],
  KeyTooLongError: [400, "The key is longer than 1,024 bytes."],
  MalformedACLError: [400, "The access control list is not well formed."],
  MalformedPolicy: [400, "The policy is not well formed."],
  MalformedPOSTRequest: [400, "The form is not well-formed multipart/form-data."],
  MalformedXML: [400, "The XML is not well formed, or not what this call takes."],
  MalformedTrailerError: [400, "The trailer is not well formed, or not what was announced."],
  MaxPostPreDataLengthExceededError: [400, "The form's fields before the file are larger than is allowed."],
  MetadataTooLarge: [400, "The metadata is larger than 2 KiB."],
  MethodNotAllowed: [405, "This method is not allowed on this resource."],
  MissingContentLength: [411, "The Content-Length header is missing."],
  MissingRequestBodyError: [400, "The body is empty."],
  MissingSecurityHeader: [400, "A header that this call needs is missing."],
  NoSuchBucket: [404, "The bucket does not exist."],
  NoSuchBucketPolicy: [404, "The bucket has no policy."],
  NoSuchCORSConfiguration: [404, "The bucket has no CORS configuration."],
  NoSuchKey: [404, "The object does not exist."],
  NoSuchLifecycleConfiguration: [404, "The bucket has no lifecycle configuration."],
  NoSuchObjectLockConfiguration: [404, "The object has no such lock."],
  NoSuchPublicAccessBlockConfiguration: [404, "The bucket has no public access block."],
  NoSuchTagSet: [404, "There are no tags."],
  NoSuchTagSetError: [404, "There are no tags."],
  NoSuchUpload: [404, "The upload does not exist; it may have been completed or aborted."],
  NoSuchVersion: [404, "The version does not exist."],
  NoSuchWebsiteConfiguration: [404, "The bucket has no website configuration."],
  NotImplemented: [501, "This call is not supported here."],
  NotModified: [304, "Not modified."],
  ObjectLockConfigurationNotFoundError: [404, "The bucket has no object lock configuration."],
  OperationAborted: [409, "Another change of the same thing was under way."],
  OwnershipControlsNotFoundError: [404, "The bucket has no ownership controls."],
  PreconditionFailed: [412, "A condition of the request does not hold."],
  RequestHeaderSectionTooLarge: [400, "The headers are larger than is allowed."],
  RequestTimeout: [400, "The body did not arrive in time."],
  RequestTimeTooSkewed: [403, "The request's time is too far from ours."],
  ServerSideEncryptionConfigurationNotFoundError: [404, "The bucket has no encryption configuration."],
  SignatureDoesNotMatch: [
    403,
    "The signature does not match; check the secret key and how the request was signed.",
  ],
  SlowDown: [503, "Nothing here could do this in time. Try again."],
  TooManyBuckets: [400, "The project has as many buckets as it may."],
  UnresolvableGrantByEmailAddress: [400, "Nobody is known here by an e-mail address."],
  UserKeyMustBeSpecified: [400, "The form has no key."],
  XAmzContentSHA256Mismatch: [400, "The body does not match x-amz-content-sha256."],
  XAmzContentChecksumMismatch: [400, "The body does not match its checksum."],
  InternalError: [500, "Something failed here; it was logged."],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;

export type S3ErrorCode = keyof typeof s3ErrorTable;

/** An answer with S3's code. `details` become elements of its XML, such as `Key` or `Header`. */
export class S3Error extends Error {
  override readonly name = "S3Error";
  readonly code: S3ErrorCode;
  readonly details: Readonly<Record<string, string>>;
  /** Headers of the answer, such as `x-amz-delete-marker`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: S3ErrorCode,
    message: string = s3ErrorTable[code][1],
    options: {
      readonly details?: Readonly<Record<string, string>>;
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return s3ErrorTable[this.code][0];
  }
}
