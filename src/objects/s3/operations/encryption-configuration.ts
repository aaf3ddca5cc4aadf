import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { malformed } from "../xml/parse.ts";
import { childrenOf, only, optionalBoolean, requiredChild, requiredText } from "../xml/read.ts";
import { branch, leaf, xmlDocument } from "../xml/write.ts";
import { xmlAnswer } from "./answer.ts";
import { changeBucket } from "./change-bucket.ts";
import { bucketOf, documentOf } from "./request.ts";

export async function getBucketEncryption(request: VerifiedRequest): Promise<S3Response> {
  const { encryption } = bucketOf(request);
  if (encryption === undefined) throw new S3Error("ServerSideEncryptionConfigurationNotFoundError");
  const rule = branch("ApplyServerSideEncryptionByDefault", leaf("SSEAlgorithm", encryption));
  return xmlAnswer(
    xmlDocument("ServerSideEncryptionConfiguration", branch("Rule", rule, leaf("BucketKeyEnabled", false))),
  );
}

export async function putBucketEncryption(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const root = await documentOf(request, "ServerSideEncryptionConfiguration");
  only(root, ["Rule"]);
  const [rule, ...more] = childrenOf(root, "Rule");
  if (rule === undefined || more.length > 0) throw malformed("There is exactly one Rule.");
  only(rule, ["ApplyServerSideEncryptionByDefault", "BucketKeyEnabled"]);
  optionalBoolean(rule, "BucketKeyEnabled"); // A hint for KMS, which AES256 does not use.
  const chosen = requiredChild(rule, "ApplyServerSideEncryptionByDefault");
  only(chosen, ["SSEAlgorithm", "KMSMasterKeyID"]);
  const algorithm = requiredText(chosen, "SSEAlgorithm").trim();
  if (algorithm.startsWith("aws:kms"))
    throw new S3Error("NotImplemented", "SSE-KMS is not supported here; use AES256.");
  if (algorithm !== "AES256") throw malformed("SSEAlgorithm must be AES256.");
  return changeBucket(request, store, { encryption: "AES256" });
}

export async function deleteBucketEncryption(
  request: VerifiedRequest,
  store: ObjectStore,
): Promise<S3Response> {
  return changeBucket(request, store, { encryption: null }, 204);
}
