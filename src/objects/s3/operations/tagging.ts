import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { emptyAnswer, xmlAnswer } from "./answer.ts";
import { changeBucket } from "./change-bucket.ts";
import { findVersion } from "./find-version.ts";
import { bucketOf, documentOf, keyOf, newCallId, versionIdOf } from "./request.ts";
import { bucketTagsMax, objectTagsMax, taggingDocument, tagsOfDocument, type Tags } from "./tags.ts";
import { versionIdHeader } from "./version-headers.ts";

export async function getBucketTagging(request: VerifiedRequest): Promise<S3Response> {
  const { tags } = bucketOf(request);
  if (tags === undefined) throw new S3Error("NoSuchTagSet");
  return xmlAnswer(taggingDocument(tags));
}

export async function putBucketTagging(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const tags = tagsOfDocument(await documentOf(request, "Tagging"), bucketTagsMax);
  return changeBucket(request, store, { tags }, 204);
}

export async function deleteBucketTagging(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  return changeBucket(request, store, { tags: null }, 204);
}

export async function getObjectTagging(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const { version, bucket } = await findVersion(request, store);
  return xmlAnswer(taggingDocument(version.tags ?? {}), versionIdHeader(bucket, version.versionId));
}

export async function putObjectTagging(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const tags = tagsOfDocument(await documentOf(request, "Tagging"), objectTagsMax);
  return emptyAnswer(200, await setTags(request, store, tags));
}

export async function deleteObjectTagging(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  return emptyAnswer(204, await setTags(request, store, null));
}

async function setTags(
  request: VerifiedRequest,
  store: ObjectStore,
  tags: Tags | null,
): Promise<Record<string, string>> {
  const bucket = bucketOf(request);
  const versionId = versionIdOf(request);
  const version = await store.catalog.annotate({
    callId: newCallId(store),
    bucket: bucket.name,
    key: keyOf(request),
    ...(versionId === undefined ? {} : { versionId }),
    change: { type: "tags", tags },
  });
  return versionIdHeader(bucket, version.versionId);
}
