import { putMaxBytes } from "#objects/limits.ts";
import type { BucketRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { leaf, xmlDocument } from "../xml/write.ts";
import { quoted, xmlAnswer, xmlTime } from "./answer.ts";
import { algorithmOf, checksumElements } from "./checksums.ts";
import { writeCondition } from "./conditions.ts";
import { copySourceOf, type CopySource } from "./copy-source.ts";
import { sealOf } from "./customer-key.ts";
import { encryptionHeaders } from "./encryption-headers.ts";
import { expirationHeader } from "./expiration.ts";
import { hashedCopy } from "./hashed-copy.ts";
import { readVersion } from "./read-version.ts";
import { bucketOf, keyOf, writerOf } from "./request.ts";
import { storeObject } from "./store-object.ts";
import { newVersionHeader } from "./version-headers.ts";
import { writeOptionsOf, type WriteOptions } from "./write-options.ts";

/** Reads the source and stores it anew: a copy shares nothing with what it was made of, so neither can lose the other's bytes. */
export async function copyObject(
  request: VerifiedRequest,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<S3Response> {
  const bucket = bucketOf(request);
  const key = keyOf(request);
  const own = writeOptionsOf(request, bucket, key, store);
  const replaces = directives(request);
  const source = await copySourceOf(request, store);
  if (source.version.size > putMaxBytes)
    throw new S3Error("InvalidRequest", "Objects larger than 5 GiB are copied by parts (UploadPartCopy).");
  refuseUnchanged(request, { bucket, key, options: own, replaces }, source);

  const options = mergedOptions(request, bucket, key, { own, replaces, source });
  const { version } = await storeObject(
    store,
    hashedCopy(
      readVersion(store, source, { start: 0, end: source.version.size }, signal),
      source.version.size,
      [copyAlgorithm(request, source)],
    ),
    { bucket, key, options, by: "Copy", writer: writerOf(request), ...writeCondition(request.headers) },
    signal,
  );
  return xmlAnswer(
    xmlDocument(
      "CopyObjectResult",
      leaf("LastModified", xmlTime(version.lastModified)),
      leaf("ETag", quoted(version.etag)),
      checksumElements(version.checksums),
    ),
    {
      ...newVersionHeader(version),
      ...copySourceVersionHeader(source),
      ...encryptionHeaders(options),
      ...expirationHeader(bucket, version),
    },
  );
}

export function copySourceVersionHeader(source: CopySource): Record<string, string> {
  if (source.bucket.versioning === "off") return {};
  return { "x-amz-copy-source-version-id": source.version.versionId };
}

interface Directives {
  readonly metadata: boolean;
  readonly tags: boolean;
}

function directives(request: VerifiedRequest): Directives {
  return {
    metadata: replaced(request, "x-amz-metadata-directive"),
    tags: replaced(request, "x-amz-tagging-directive"),
  };
}

function replaced(request: VerifiedRequest, name: string): boolean {
  const value = request.headers.get(name) ?? "COPY";
  if (value === "COPY" || value === "REPLACE") return value === "REPLACE";
  throw new S3Error("InvalidArgument", `${name} must be COPY or REPLACE.`, {
    details: { ArgumentName: name, ArgumentValue: value },
  });
}

/** A copy of the newest version onto itself must change something, or it would only be a mistake that costs. */
function refuseUnchanged(
  request: VerifiedRequest,
  target: {
    readonly bucket: BucketRecord;
    readonly key: string;
    readonly options: WriteOptions;
    readonly replaces: Directives;
  },
  source: CopySource,
): void {
  if (source.bucket.id !== target.bucket.id || source.key !== target.key || source.isVersionNamed) return;
  const changes =
    target.replaces.metadata ||
    target.replaces.tags ||
    changesSeal(target.options, source) ||
    target.options.headers.websiteRedirectLocation !== undefined ||
    request.headers.has("x-amz-storage-class");
  if (!changes)
    throw new S3Error(
      "InvalidRequest",
      "An object can only be copied onto itself when its metadata, tags, encryption or redirect change.",
    );
}

function changesSeal({ encrypt, customerKey }: WriteOptions, source: CopySource): boolean {
  const seal = sealOf(source.version);
  // A customer's key may be another one than before; that can only be told by sealing anew.
  if (customerKey !== undefined || seal?.customer === true) return true;
  return encrypt !== (seal !== undefined);
}

function mergedOptions(
  request: VerifiedRequest,
  bucket: BucketRecord,
  key: string,
  from: { readonly own: WriteOptions; readonly replaces: Directives; readonly source: CopySource },
): WriteOptions {
  const { own, replaces, source } = from;
  const { tags: ownTags, headers: ownHeaders, ...rest } = own;
  const tags = replaces.tags ? ownTags : source.version.tags;
  if (!replaces.tags && tags !== undefined) request.alsoMay("s3:PutObjectTagging", bucket.name, key);
  // A redirect belongs to its address and is never copied.
  const { websiteRedirectLocation: _left, ...sourceHeaders } = source.version.headers;
  const redirect = ownHeaders.websiteRedirectLocation;
  const copied =
    redirect === undefined ? sourceHeaders : { ...sourceHeaders, websiteRedirectLocation: redirect };
  return {
    ...rest,
    headers: replaces.metadata ? ownHeaders : copied,
    ...(tags === undefined ? {} : { tags }),
  };
}

/** The one that was asked for, or the source's; the value is computed anew, because composite ones cannot be taken over. */
function copyAlgorithm(request: VerifiedRequest, source: CopySource): ReturnType<typeof algorithmOf> {
  const asked = request.headers.get("x-amz-checksum-algorithm");
  return asked === undefined ? (source.version.checksums[0]?.algorithm ?? "CRC64NVME") : algorithmOf(asked);
}
