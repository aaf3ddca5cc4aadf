import { assert } from "#lib/assert.ts";
import { isVersionId } from "#objects/catalog/ids.ts";
import { policyMaxBytes, xmlMaxBytes } from "#objects/limits.ts";
import type { BucketRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { malformed, parseXml, type XmlElement } from "../xml/parse.ts";

/** What handlers ask of every request. */

/** The bucket that the request names. Throws NoSuchBucket. */
export function bucketOf(request: VerifiedRequest): BucketRecord {
  if (request.bucket !== undefined) return request.bucket;
  throw new S3Error("NoSuchBucket", undefined, { details: { BucketName: request.bucketName ?? "" } });
}

/** The key; the router gives requests without one to other operations. */
export function keyOf(request: VerifiedRequest): string {
  assert(request.key !== undefined, "operations on objects get a key");
  return request.key;
}

export function versionIdOf(request: VerifiedRequest): string | undefined {
  const versionId = request.query.get("versionId");
  return versionId === undefined ? undefined : checkedVersionId(versionId);
}

/** Throws InvalidArgument for what no version can be called. */
export function checkedVersionId(text: string): string {
  if (isVersionId(text)) return text;
  throw new S3Error("InvalidArgument", "Invalid version id specified", {
    details: { ArgumentName: "versionId", ArgumentValue: text },
  });
}

export function uploadIdOf(request: VerifiedRequest): string {
  const uploadId = request.query.get("uploadId");
  if (uploadId === undefined || uploadId === "") throw new S3Error("NoSuchUpload");
  return uploadId;
}

/** One for each request that changes something: the catalog answers the same id the same way when a front asks again. */
export function newCallId(store: ObjectStore): string {
  return Buffer.from(store.random.bytes(16)).toString("hex");
}

export function writerOf(request: VerifiedRequest): string {
  return request.caller.type === "key" ? request.caller.accessKeyId : "anonymous";
}

/** A whole number of the query. Throws InvalidArgument outside of its bounds. */
export function numberOf(
  request: VerifiedRequest,
  name: string,
  bounds: { readonly absent: number; readonly min: number; readonly max: number },
): number {
  const text = request.query.get(name);
  if (text === undefined || text === "") return bounds.absent;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.min && value <= bounds.max) return value;
  throw new S3Error(
    "InvalidArgument",
    `${name} must be a whole number from ${bounds.min} to ${bounds.max}.`,
    {
      details: { ArgumentName: name, ArgumentValue: text },
    },
  );
}

/** How many entries a page may have: beyond 1,000 S3 gives 1,000. */
export function pageSizeOf(request: VerifiedRequest, name: string): number {
  return Math.min(numberOf(request, name, { absent: 1000, min: 0, max: 2 ** 31 - 1 }), 1000);
}

/** The request's document. Throws MalformedXML. */
export async function documentOf(
  request: VerifiedRequest,
  root: string | readonly string[],
  maxBytes: number = xmlMaxBytes,
): Promise<XmlElement> {
  const bytes = await request.body.bytes(maxBytes);
  if (bytes.byteLength === 0) throw new S3Error("MissingRequestBodyError");
  if (bytes.byteLength > maxBytes) throw malformed("The XML is too long.");
  return parseXml(bytes, root);
}

export async function policyTextOf(request: VerifiedRequest): Promise<string> {
  const bytes = await request.body.bytes(policyMaxBytes);
  return Buffer.from(bytes).toString("utf8");
}
