import type { StoredChecksum, VersionRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { checksumHeaders } from "./checksums.ts";
import { ifRangeHolds, readCondition } from "./conditions.ts";
import { refuseEncryptionOfRead } from "./encryption-headers.ts";
import { keyOfVersion } from "./customer-key.ts";
import { findVersion } from "./find-version.ts";
import { byteRange, contentRange, type ByteRange } from "./range.ts";
import { readVersion } from "./read-version.ts";
import { responseOverrides } from "./response-overrides.ts";
import { versionHeaders } from "./version-headers.ts";

export async function getObject(
  request: VerifiedRequest,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<S3Response> {
  return answerRead(request, store, signal, true);
}

/** The same answer without its body; nothing is read. */
export async function headObject(
  request: VerifiedRequest,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<S3Response> {
  return answerRead(request, store, signal, false);
}

async function answerRead(
  request: VerifiedRequest,
  store: ObjectStore,
  signal: AbortSignal,
  withBody: boolean,
): Promise<S3Response> {
  refuseEncryptionOfRead(request.headers);
  const overrides = responseOverrides(request);
  const found = await findVersion(request, store);
  const { version } = found;
  const customerKey = keyOfVersion(request.headers, version);
  const headers = versionHeaders(version, found.bucket, found.isLatest, customerKey);
  if (readCondition(request.headers, version) === "not-modified")
    return { status: 304, headers: withoutContent(headers) };

  const selected = selection(request, version);
  const range = selected.range ?? { start: 0, end: version.size };
  const answer = {
    status: selected.range === undefined ? 200 : 206,
    headers: {
      ...headers,
      ...overrides,
      ...selected.headers,
      ...(wantsChecksum(request) ? checksumHeaders(selected.checksums) : {}),
      "content-length": String(range.end - range.start),
    },
  };
  return withBody
    ? { ...answer, body: readVersion(store, { ...found, customerKey, isLent: true }, range, signal) }
    : answer;
}

/** What of the object is asked for: all of it, a range, or one part of a multipart object. */
interface Selection {
  readonly range?: ByteRange;
  readonly headers: Readonly<Record<string, string>>;
  /** Of exactly these bytes. */
  readonly checksums: readonly StoredChecksum[];
}

function selection(request: VerifiedRequest, version: VersionRecord): Selection {
  const partNumber = request.query.get("partNumber");
  const rangeHeader = request.headers.get("range");
  if (partNumber !== undefined) {
    if (rangeHeader !== undefined)
      throw new S3Error("InvalidRequest", "Range and partNumber exclude each other.");
    return partSelection(partNumber, version);
  }
  const range = ifRangeHolds(request.headers, version) ? byteRange(rangeHeader, version.size) : undefined;
  if (range === undefined) return { headers: {}, checksums: version.checksums };
  const isWhole = range.start === 0 && range.end === version.size;
  return {
    range,
    headers: { "content-range": contentRange(range, version.size) },
    checksums: isWhole ? version.checksums : [],
  };
}

function partSelection(text: string, version: VersionRecord): Selection {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > 10_000)
    throw new S3Error("InvalidArgument", "partNumber must be from 1 to 10000.", {
      details: { ArgumentName: "partNumber", ArgumentValue: text },
    });
  const { parts } = version;
  const index = parts === undefined ? number - 1 : parts.findIndex((part) => part.number === number);
  const part = parts?.[index];
  if (index < 0 || (parts === undefined && index > 0)) throw new S3Error("InvalidPartNumber");
  const start = (parts ?? []).slice(0, index).reduce((sum, earlier) => sum + earlier.size, 0);
  const range = { start, end: start + (part?.size ?? version.size) };
  // An empty object has no bytes that a Content-Range could name.
  const rangeHeaders =
    range.start === range.end ? {} : { "content-range": contentRange(range, version.size) };
  return {
    range,
    headers: {
      ...rangeHeaders,
      ...(parts === undefined ? {} : { "x-amz-mp-parts-count": String(parts.length) }),
    },
    checksums: part === undefined ? version.checksums : partChecksumsOf(part.checksums, version),
  };
}

/** A part's checksum of the algorithm that the object was uploaded with. */
function partChecksumsOf(
  checksums: readonly StoredChecksum[] | undefined,
  version: VersionRecord,
): readonly StoredChecksum[] {
  const whole = version.checksums[0];
  const own = checksums?.find((checksum) => checksum.algorithm === whole?.algorithm);
  return own === undefined || whole === undefined ? [] : [{ ...own, type: whole.type }];
}

function wantsChecksum(request: VerifiedRequest): boolean {
  return request.headers.get("x-amz-checksum-mode")?.toUpperCase() === "ENABLED";
}

/** RFC 9110, section 15.4.5: a 304 repeats validators and caching, and says nothing of a body. */
function withoutContent(headers: Readonly<Record<string, string>>): Record<string, string> {
  const names = ["etag", "last-modified", "cache-control", "expires", "x-amz-version-id"];
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name)));
}
