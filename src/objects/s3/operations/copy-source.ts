import type { FoundVersion } from "./find-version.ts";
import { findObject } from "./find-version.ts";
import { S3Error } from "#objects/s3-error.ts";
import { keyMaxBytes } from "#objects/limits.ts";
import type { ObjectStore } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { copySourceCondition } from "./conditions.ts";
import { keyOfSource, type CustomerKey } from "./customer-key.ts";
import { checkedVersionId } from "./request.ts";

export interface CopySource extends FoundVersion {
  readonly key: string;
  readonly customerKey: CustomerKey | undefined;
  /** Whether the request named a version. */
  readonly isVersionNamed: boolean;
}

/**
 * The object that `x-amz-copy-source` names: authorised for reading, found, and its conditions hold. GHSA-mx42 was a copy that looked only at its target, so
 * nothing of the source is asked before the caller may read it.
 */
export async function copySourceOf(request: VerifiedRequest, store: ObjectStore): Promise<CopySource> {
  const name = parseCopySource(request.headers.get("x-amz-copy-source") ?? "");
  if (name.versionId !== undefined) checkedVersionId(name.versionId);
  if (store.configuration.bucket(name.bucket) === undefined)
    throw new S3Error("NoSuchBucket", undefined, { details: { BucketName: name.bucket } });
  await request.alsoMayRead(name);
  const found = await findCopied(request, store, name);
  copySourceCondition(request.headers, found.version);
  const customerKey = keyOfSource(request.headers, found.version);
  return { ...found, customerKey, key: name.key, isVersionNamed: name.versionId !== undefined };
}

async function findCopied(
  request: VerifiedRequest,
  store: ObjectStore,
  name: { readonly bucket: string; readonly key: string; readonly versionId: string | undefined },
): Promise<FoundVersion> {
  try {
    return await findObject(request, store, name);
  } catch (error) {
    if (error instanceof S3Error && error.code === "MethodNotAllowed")
      throw new S3Error("InvalidRequest", "The source of a copy cannot be a delete marker.", {
        cause: error,
      });
    throw error;
  }
}

/** `/bucket/key?versionId=…`, percent-encoded. Decoded once, here. */
export function parseCopySource(header: string): {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string | undefined;
} {
  // Headers come with one character a byte; what was not percent-encoded is UTF-8 all the same.
  const text = Buffer.from(header, "latin1").toString("utf8");
  const match = /^\/?([^/?]+)\/([^?]+)(?:\?versionId=(.*))?$/s.exec(text);
  const [, rawBucket = "", rawKey = "", rawVersion] = match ?? [];
  try {
    const bucket = decodeURIComponent(rawBucket);
    const key = decodeURIComponent(rawKey);
    const versionId = rawVersion === undefined ? undefined : decodeURIComponent(rawVersion);
    if (match !== null && versionId !== "" && !bucket.includes("/") && !key.includes("\0")) {
      if (Buffer.byteLength(key) > keyMaxBytes) throw new S3Error("KeyTooLongError");
      return { bucket, key, versionId };
    }
  } catch (error) {
    if (error instanceof S3Error) throw error;
    throw invalidSource(header, error);
  }
  throw invalidSource(header);
}

function invalidSource(header: string, cause?: unknown): S3Error {
  return new S3Error("InvalidArgument", "x-amz-copy-source must be bucket/key, percent-encoded.", {
    details: { ArgumentName: "x-amz-copy-source", ArgumentValue: header },
    cause,
  });
}
