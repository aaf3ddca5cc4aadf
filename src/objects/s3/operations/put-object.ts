import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { emptyAnswer, quoted } from "./answer.ts";
import { bodyChecksums, checksumHeaders } from "./checksums.ts";
import { writeCondition } from "./conditions.ts";
import { encryptionHeaders } from "./encryption-headers.ts";
import { expirationHeader } from "./expiration.ts";
import { bucketOf, keyOf, writerOf } from "./request.ts";
import { storeObject, type ObjectSource } from "./store-object.ts";
import { newVersionHeader } from "./version-headers.ts";
import { writeOptionsOf } from "./write-options.ts";

export async function putObject(
  request: VerifiedRequest,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<S3Response> {
  const bucket = bucketOf(request);
  const key = keyOf(request);
  const options = writeOptionsOf(request, bucket, key, store);
  const target = { bucket, key, options, writer: writerOf(request), ...writeCondition(request.headers) };
  const { version } = await storeObject(store, bodySource(request), target, signal);
  return emptyAnswer(200, {
    etag: quoted(version.etag),
    ...checksumHeaders(version.checksums),
    ...newVersionHeader(version),
    ...encryptionHeaders(options),
    ...expirationHeader(bucket, version),
  });
}

/** The body of a PUT; a chunked one (RFC 9112, section 7.1) says its length by its end. */
export function bodySource(request: VerifiedRequest): ObjectSource {
  const { body } = request;
  return {
    chunks: body.chunks,
    ...(body.size === undefined ? {} : { size: body.size }),
    digest: () => {
      const digest = body.digest();
      return { size: digest.size, md5: digest.md5, checksums: bodyChecksums(digest) };
    },
  };
}
