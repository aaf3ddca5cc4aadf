import { isPublicByAcl } from "#objects/acl.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { policyOf } from "../auth/authorize.ts";
import { isPublicPolicy } from "../auth/policy/evaluate.ts";
import { parsePolicy } from "../auth/policy/parse-policy.ts";
import { leaf, xmlDocument } from "../xml/write.ts";
import { xmlAnswer } from "./answer.ts";
import { changeBucket } from "./change-bucket.ts";
import { bucketOf, policyTextOf } from "./request.ts";

export async function getBucketPolicy(request: VerifiedRequest): Promise<S3Response> {
  const { policy } = bucketOf(request);
  if (policy === undefined) throw new S3Error("NoSuchBucketPolicy");
  return { status: 200, headers: { "content-type": "application/json" }, body: policy };
}

/** Takes only what is understood whole: a condition that was ignored could open the bucket. */
export async function putBucketPolicy(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const bucket = bucketOf(request);
  const text = await policyTextOf(request);
  const policy = parsePolicy(text, bucket.name);
  if (bucket.publicAccessBlock?.blockPublicPolicy === true && isPublicPolicy(policy))
    throw new S3Error("AccessDenied", "The public access block of the bucket refuses public policies.");
  return changeBucket(request, store, { policy: text }, 204);
}

export async function deleteBucketPolicy(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  return changeBucket(request, store, { policy: null }, 204);
}

export async function getBucketPolicyStatus(request: VerifiedRequest): Promise<S3Response> {
  const bucket = bucketOf(request);
  const policy = policyOf(bucket);
  const block = bucket.publicAccessBlock;
  const byPolicy = policy !== undefined && isPublicPolicy(policy) && block?.restrictPublicBuckets !== true;
  return xmlAnswer(xmlDocument("PolicyStatus", leaf("IsPublic", byPolicy || isPublicByAcl(bucket))));
}
