import type { S3Response } from "#objects/s3/operation.ts";

/** A document. */
export function xmlAnswer(body: string, headers: Readonly<Record<string, string>> = {}): S3Response {
  return { status: 200, headers: { ...headers, "content-type": "application/xml" }, body };
}

export function emptyAnswer(status: 200 | 204, headers: Readonly<Record<string, string>> = {}): S3Response {
  return { status, headers };
}

/** HTTP's date, which has no fractions of a second (RFC 9110, section 5.6.7). */
export function httpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

/** XML's time. Whole seconds like `Last-Modified`, so that clients may compare the two. */
export function xmlTime(ms: number): string {
  return new Date(ms - (ms % 1000)).toISOString();
}

/** Entity tags wear quotes everywhere but in records and GetObjectAttributes. */
export function quoted(etag: string): string {
  return `"${etag}"`;
}
