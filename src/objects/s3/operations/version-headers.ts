import type { BucketRecord, VersionRecord } from "#objects/records.ts";

import { httpDate, quoted } from "./answer.ts";
import { sealOf, type CustomerKey } from "./customer-key.ts";
import { sealHeaders } from "./encryption-headers.ts";
import { expirationHeader } from "./expiration.ts";
import { lockHeaders } from "./lock-headers.ts";
import { storedHeaders } from "./object-headers.ts";

/** Headers that GET and HEAD answer with, whatever the range. */
export function versionHeaders(
  version: VersionRecord,
  bucket: BucketRecord,
  isLatest: boolean,
  customerKey: CustomerKey | undefined,
): Record<string, string> {
  const tagCount = Object.keys(version.tags ?? {}).length;
  return {
    ...storedHeaders(version.headers),
    "accept-ranges": "bytes",
    etag: quoted(version.etag),
    "last-modified": httpDate(version.lastModified),
    ...versionIdHeader(bucket, version.versionId),
    ...sealHeaders(sealOf(version), customerKey),
    ...lockHeaders(version),
    ...(tagCount === 0 ? {} : { "x-amz-tagging-count": String(tagCount) }),
    ...(isLatest ? expirationHeader(bucket, version) : {}),
  };
}

/** After a write: the version that has no id of its own is not named. */
export function newVersionHeader(version: VersionRecord): Record<string, string> {
  return version.versionId === "null" ? {} : { "x-amz-version-id": version.versionId };
}

/** Buckets that never had versioning say nothing of versions. */
export function versionIdHeader(bucket: BucketRecord, versionId: string): Record<string, string> {
  return bucket.versioning === "off" ? {} : { "x-amz-version-id": versionId };
}
