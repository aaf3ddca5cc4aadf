import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";
import type { LifecycleRule, ObjectFilter } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";

import { branch, leaf, xmlDocument } from "../xml/write.ts";
import { xmlAnswer } from "./answer.ts";
import { changeBucket } from "./change-bucket.ts";
import { lifecycleRulesOf } from "./lifecycle-rules.ts";
import { bucketOf, documentOf, newCallId } from "./request.ts";

export async function getBucketLifecycle(request: VerifiedRequest): Promise<S3Response> {
  const { lifecycle } = bucketOf(request);
  if (lifecycle === undefined) throw new S3Error("NoSuchLifecycleConfiguration");
  return xmlAnswer(xmlDocument("LifecycleConfiguration", ...lifecycle.map(ruleElement)));
}

export async function putBucketLifecycle(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const root = await documentOf(request, "LifecycleConfiguration");
  const lifecycle = lifecycleRulesOf(root, () => newCallId(store));
  return changeBucket(request, store, { lifecycle });
}

export async function deleteBucketLifecycle(
  request: VerifiedRequest,
  store: ObjectStore,
): Promise<S3Response> {
  return changeBucket(request, store, { lifecycle: null }, 204);
}

function ruleElement(rule: LifecycleRule): string {
  const { noncurrentExpiration: noncurrent, abortIncompleteUploadDays: abortDays } = rule;
  return branch(
    "Rule",
    leaf("ID", rule.id),
    rule.legacyPrefix === true ? leaf("Prefix", rule.filter.prefix ?? "") : filterElement(rule.filter),
    leaf("Status", rule.enabled ? "Enabled" : "Disabled"),
    rule.expiration === undefined ? "" : expirationElement(rule.expiration),
    noncurrent === undefined
      ? ""
      : branch(
          "NoncurrentVersionExpiration",
          leaf("NoncurrentDays", noncurrent.days),
          leaf("NewerNoncurrentVersions", noncurrent.newerVersions),
        ),
    abortDays === undefined
      ? ""
      : branch("AbortIncompleteMultipartUpload", leaf("DaysAfterInitiation", abortDays)),
  );
}

function expirationElement(expiration: NonNullable<LifecycleRule["expiration"]>): string {
  if ("days" in expiration) return branch("Expiration", leaf("Days", expiration.days));
  if ("date" in expiration)
    return branch("Expiration", leaf("Date", new Date(expiration.date).toISOString()));
  return branch("Expiration", leaf("ExpiredObjectDeleteMarker", true));
}

function filterElement(filter: ObjectFilter): string {
  const conditions = [
    leaf("Prefix", filter.prefix),
    ...Object.entries(filter.tags ?? {}).map(([key, value]) =>
      branch("Tag", leaf("Key", key), leaf("Value", value)),
    ),
    leaf("ObjectSizeGreaterThan", filter.sizeGreaterThan),
    leaf("ObjectSizeLessThan", filter.sizeLessThan),
  ].filter((condition) => condition !== "");
  return branch("Filter", conditions.length > 1 ? branch("And", ...conditions) : conditions.join(""));
}
