import type { S3Error } from "#objects/s3-error.ts";
import type { S3Response } from "#objects/s3/operation.ts";

import { errorDocument } from "../xml/write.ts";

/** A held request was already given the time that a client waits; soon is better than long. */
const retryAfterSeconds = 1;

export interface ErrorContext {
  readonly requestId: string;
  readonly hostId: string;
  /** As the client wrote it, without query: signatures stand there. */
  readonly path: string;
  readonly bucket: string | undefined;
}

export function errorAnswer(error: S3Error, context: ErrorContext): S3Response {
  const details = {
    ...error.details,
    ...(context.bucket === undefined || error.details["BucketName"] !== undefined
      ? {}
      : { BucketName: context.bucket }),
    Resource: context.path,
    RequestId: context.requestId,
    HostId: context.hostId,
  };
  const retry: Record<string, string> =
    error.code === "SlowDown" ? { "retry-after": String(retryAfterSeconds) } : {};
  return {
    status: error.status,
    headers: { ...error.headers, ...retry, "content-type": "application/xml" },
    body: errorDocument(error.code, error.message, details),
  };
}
