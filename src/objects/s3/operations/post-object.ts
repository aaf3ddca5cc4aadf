import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { leaf, plainDocument } from "../xml/write.ts";
import { quoted, xmlAnswer } from "./answer.ts";
import { checksumHeaders } from "./checksums.ts";
import { locationOf } from "./complete-upload.ts";
import { writeCondition } from "./conditions.ts";
import { encryptionHeaders } from "./encryption-headers.ts";
import { bodySource } from "./put-object.ts";
import { bucketOf, keyOf, writerOf } from "./request.ts";
import { storeObject } from "./store-object.ts";
import { newVersionHeader } from "./version-headers.ts";
import { writeOptionsOf } from "./write-options.ts";

/** A browser's form. Its policy was checked at the door; its fields stand among the headers, and the body is the file. */
export async function postObject(
  request: VerifiedRequest,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<S3Response> {
  const bucket = bucketOf(request);
  const key = keyOf(request);
  const options = writeOptionsOf(request, bucket, key, store);
  const target = { bucket, key, options, writer: writerOf(request), ...writeCondition(request.headers) };
  const { version } = await storeObject(store, bodySource(request), { ...target, by: "Post" }, signal);
  const headers = {
    etag: quoted(version.etag),
    location: locationOf(request, bucket.name, key),
    ...checksumHeaders(version.checksums),
    ...newVersionHeader(version),
    ...encryptionHeaders(options),
  };
  return answer(request, bucket.name, key, headers);
}

function answer(
  request: VerifiedRequest,
  bucket: string,
  key: string,
  headers: Readonly<Record<string, string>> & { readonly etag: string; readonly location: string },
): S3Response {
  const redirect = redirectOf(request, bucket, key, headers.etag);
  if (redirect !== undefined) return { status: 303, headers: { ...headers, location: redirect } };
  const status = request.form?.get("success_action_status");
  if (status === "200") return { status: 200, headers };
  if (status !== "201") return { status: 204, headers };
  const document = plainDocument(
    "PostResponse",
    leaf("Location", headers.location),
    leaf("Bucket", bucket),
    leaf("Key", key),
    leaf("ETag", headers.etag),
  );
  return { ...xmlAnswer(document, headers), status: 201 };
}

/** Where the form sends the browser afterwards; anything but http and https is left alone. */
function redirectOf(request: VerifiedRequest, bucket: string, key: string, etag: string): string | undefined {
  const given = request.form?.get("success_action_redirect") ?? request.form?.get("redirect");
  if (given === undefined) return undefined;
  const url = URL.parse(given);
  if (url === null) return undefined;
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new S3Error("InvalidArgument", "success_action_redirect must be an http or https address.");
  for (const [name, value] of Object.entries({ bucket, key, etag })) url.searchParams.append(name, value);
  return url.href;
}
