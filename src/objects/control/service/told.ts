import { VdcError, type ErrorCode } from "#api/errors.ts";
import { S3Error, type S3ErrorCode } from "../../s3-error.ts";

const codes: Partial<Readonly<Record<S3ErrorCode, ErrorCode>>> = {
  AccessDenied: "forbidden",
  BucketAlreadyExists: "already-exists",
  BucketAlreadyOwnedByYou: "already-exists",
  BucketNotEmpty: "in-use",
  InternalError: "fault",
  InvalidBucketState: "conflict",
  NoSuchBucket: "not-found",
  NoSuchKey: "not-found",
  NoSuchUpload: "not-found",
  NoSuchVersion: "not-found",
  NotImplemented: "unsupported",
  OperationAborted: "conflict",
  SlowDown: "unavailable",
};

/** What the catalog refuses with S3's codes, in the words of the public API. */
export async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw cause instanceof S3Error ? asVdcError(cause) : cause;
  }
}

export function asVdcError(cause: S3Error): VdcError {
  if (cause.code === "SlowDown")
    return new VdcError("unavailable", "The object store does not answer in time.", { cause });
  return new VdcError(codes[cause.code] ?? "invalid", cause.message, { cause });
}
