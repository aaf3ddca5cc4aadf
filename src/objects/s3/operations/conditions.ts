import type { WriteCondition } from "#objects/catalog.ts";
import type { VersionRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";

type Headers = ReadonlyMap<string, string>;

/** Entity tags of a condition, without quotes; weak ones compare like strong ones, as S3 has none. */
export function entityTags(header: string): readonly string[] {
  return header
    .split(",")
    .map((tag) =>
      tag
        .trim()
        .replace(/^W\//, "")
        .replace(/^"(.*)"$/, "$1"),
    )
    .filter((tag) => tag !== "");
}

/** Conditions of PUT, CompleteMultipartUpload, CopyObject and POST; the catalog decides, in the same step as the commit. */
export function writeCondition(headers: Headers): { readonly condition?: WriteCondition } {
  const ifMatch = headers.get("if-match");
  const ifNoneMatch = headers.get("if-none-match");
  if (ifMatch === undefined && ifNoneMatch === undefined) return {};
  return {
    condition: {
      ...(ifMatch === undefined ? {} : { ifMatch: entityTags(ifMatch) }),
      ...(ifNoneMatch === undefined ? {} : { ifNoneMatch: entityTags(ifNoneMatch) }),
    },
  };
}

interface Validators {
  readonly etag: string;
  readonly lastModified: number;
}

/**
 * Preconditions of a read in the order of RFC 9110, section 13.2.2: If-Match, or else If-Unmodified-Since; then If-None-Match, or else If-Modified-Since.
 * Throws PreconditionFailed.
 */
export function readCondition(headers: Headers, version: Validators): "send" | "not-modified" {
  const outcome = evaluate(headers, "", version);
  if (outcome.failed !== undefined) throw preconditionFailed(outcome.failed);
  return outcome.notModified === undefined ? "send" : "not-modified";
}

/** The same for the source of a copy: what would be "not modified" fails too. */
export function copySourceCondition(headers: Headers, version: VersionRecord): void {
  const outcome = evaluate(headers, "x-amz-copy-source-", version);
  const failed = outcome.failed ?? outcome.notModified;
  if (failed !== undefined) throw preconditionFailed(failed);
}

function preconditionFailed(condition: string): S3Error {
  return new S3Error("PreconditionFailed", undefined, { details: { Condition: condition } });
}

function evaluate(
  headers: Headers,
  prefix: string,
  version: Validators,
): { readonly failed?: string; readonly notModified?: string } {
  const seconds = Math.floor(version.lastModified / 1000);
  const matches = (header: string) => {
    const tags = entityTags(header);
    return tags.includes("*") || tags.includes(version.etag);
  };
  const ifMatch = headers.get(`${prefix}if-match`);
  const unmodifiedSince = timeOf(headers.get(`${prefix}if-unmodified-since`));
  if (ifMatch !== undefined) {
    if (!matches(ifMatch)) return { failed: `${prefix}If-Match` };
  } else if (unmodifiedSince !== undefined && seconds > unmodifiedSince)
    return { failed: `${prefix}If-Unmodified-Since` };

  const ifNoneMatch = headers.get(`${prefix}if-none-match`);
  const modifiedSince = timeOf(headers.get(`${prefix}if-modified-since`));
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch) ? { notModified: `${prefix}If-None-Match` } : {};
  if (modifiedSince !== undefined && seconds <= modifiedSince)
    return { notModified: `${prefix}If-Modified-Since` };
  return {};
}

/** Seconds since 1970. A date that cannot be read is no condition (RFC 9110, section 13.1.3). */
function timeOf(header: string | undefined): number | undefined {
  const ms = header === undefined ? Number.NaN : Date.parse(header);
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
}

/** RFC 9110, section 13.1.5: a range only counts while the object is the one the client knows. */
export function ifRangeHolds(headers: Headers, version: Validators): boolean {
  const header = headers.get("if-range");
  if (header === undefined) return true;
  const time = /^(W\/)?"/.test(header.trim()) ? undefined : timeOf(header);
  if (time !== undefined) return Math.floor(version.lastModified / 1000) === time;
  return entityTags(header).includes(version.etag);
}
