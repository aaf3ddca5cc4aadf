import type { BucketRecord, ObjectHeaders } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { parseXml } from "../xml/parse.ts";
import { objectAccessOf, type ObjectAccess } from "./acl.ts";
import { encryptionOf, type Encryption } from "./encryption-headers.ts";
import { lockOptionsOf, type LockOptions } from "./lock-headers.ts";
import { objectHeadersOf } from "./object-headers.ts";
import { objectTagsMax, tagsOfDocument, tagsOfHeader, type Tags } from "./tags.ts";

/** Everything that PUT, POST, Copy and CreateMultipartUpload may say of an object besides its bytes. */
export interface WriteOptions extends LockOptions, ObjectAccess, Encryption {
  readonly headers: ObjectHeaders;
  readonly tags?: Tags;
}

/** Reads them, and authorises what needs more than s3:PutObject. */
export function writeOptionsOf(
  request: VerifiedRequest,
  bucket: BucketRecord,
  key: string,
  store: ObjectStore,
): WriteOptions {
  const given = request.headers;
  const storageClass = given.get("x-amz-storage-class");
  if (storageClass !== undefined && storageClass !== "STANDARD") throw new S3Error("InvalidStorageClass");
  if (given.has("x-amz-write-offset-bytes"))
    throw new S3Error("NotImplemented", "Appending to objects is not supported.");
  const access = objectAccessOf(request, bucket, key);
  const lock = lockOptionsOf(given, bucket, store.clock.now());
  if (lock.retention !== undefined) request.alsoMay("s3:PutObjectRetention", bucket.name, key);
  if (lock.legalHold !== undefined) request.alsoMay("s3:PutObjectLegalHold", bucket.name, key);
  const tags = tagsOf(request);
  if (tags !== undefined) request.alsoMay("s3:PutObjectTagging", bucket.name, key);
  return {
    headers: objectHeadersOf(given),
    ...encryptionOf(given, bucket),
    ...access,
    ...lock,
    ...(tags === undefined || Object.keys(tags).length === 0 ? {} : { tags }),
  };
}

/** A header says them like a query, a form as the document of PutObjectTagging. */
function tagsOf({ headers, form }: VerifiedRequest): Tags | undefined {
  const document = form?.get("tagging");
  if (document !== undefined)
    return tagsOfDocument(parseXml(Buffer.from(document), "Tagging"), objectTagsMax);
  const header = headers.get("x-amz-tagging");
  return header === undefined ? undefined : tagsOfHeader(header);
}
