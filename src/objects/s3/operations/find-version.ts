import type { Found } from "#objects/catalog.ts";
import type { VersionRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { httpDate } from "./answer.ts";
import { bucketOf, keyOf, versionIdOf } from "./request.ts";

export interface FoundVersion extends Found {
  readonly version: VersionRecord;
}

/** The object version that the request names, delete markers refused as S3 does. */
export async function findVersion(request: VerifiedRequest, store: ObjectStore): Promise<FoundVersion> {
  const bucket = bucketOf(request);
  const versionId = versionIdOf(request);
  return findObject(request, store, { bucket: bucket.name, key: keyOf(request), versionId });
}

/** The same for an object of another name: the source of a copy. */
export async function findObject(
  request: VerifiedRequest,
  store: ObjectStore,
  name: { readonly bucket: string; readonly key: string; readonly versionId: string | undefined },
): Promise<FoundVersion> {
  const { versionId, ...object } = name;
  const found = await store.catalog.find(versionId === undefined ? object : { ...object, versionId });
  const { version } = found;
  if (version === undefined) throw absent(request, name);
  if (version.isDeleteMarker) throw deleted(request, name, version);
  return { ...found, version };
}

function absent(
  request: VerifiedRequest,
  name: { readonly bucket: string; readonly key: string; readonly versionId: string | undefined },
): S3Error {
  // Who may not list may not learn which keys exist either.
  if (!request.may("s3:ListBucket", name.bucket)) return new S3Error("AccessDenied");
  const details = { Key: name.key };
  return name.versionId === undefined
    ? new S3Error("NoSuchKey", undefined, { details })
    : new S3Error("NoSuchVersion", undefined, { details: { ...details, VersionId: name.versionId } });
}

function deleted(
  request: VerifiedRequest,
  name: { readonly bucket: string; readonly key: string; readonly versionId: string | undefined },
  marker: VersionRecord,
): S3Error {
  const headers = { "x-amz-delete-marker": "true", "x-amz-version-id": marker.versionId };
  if (name.versionId === undefined) {
    if (!request.may("s3:ListBucket", name.bucket)) return new S3Error("AccessDenied");
    return new S3Error("NoSuchKey", undefined, { details: { Key: name.key }, headers });
  }
  return new S3Error("MethodNotAllowed", "The version is a delete marker.", {
    details: { Method: request.method, ResourceType: "DeleteMarker" },
    headers: { ...headers, allow: "DELETE", "last-modified": httpDate(marker.lastModified) },
  });
}
