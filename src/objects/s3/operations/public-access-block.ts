import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { only, optionalBoolean } from "../xml/read.ts";
import { leaf, xmlDocument } from "../xml/write.ts";
import { xmlAnswer } from "./answer.ts";
import { changeBucket } from "./change-bucket.ts";
import { bucketOf, documentOf } from "./request.ts";

export async function getPublicAccessBlock(request: VerifiedRequest): Promise<S3Response> {
  const block = bucketOf(request).publicAccessBlock;
  if (block === undefined) throw new S3Error("NoSuchPublicAccessBlockConfiguration");
  return xmlAnswer(
    xmlDocument(
      "PublicAccessBlockConfiguration",
      leaf("BlockPublicAcls", block.blockPublicAcls),
      leaf("IgnorePublicAcls", block.ignorePublicAcls),
      leaf("BlockPublicPolicy", block.blockPublicPolicy),
      leaf("RestrictPublicBuckets", block.restrictPublicBuckets),
    ),
  );
}

export async function putPublicAccessBlock(
  request: VerifiedRequest,
  store: ObjectStore,
): Promise<S3Response> {
  const root = await documentOf(request, "PublicAccessBlockConfiguration");
  only(root, ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]);
  const flag = (name: string) => optionalBoolean(root, name) === true;
  return changeBucket(request, store, {
    publicAccessBlock: {
      blockPublicAcls: flag("BlockPublicAcls"),
      ignorePublicAcls: flag("IgnorePublicAcls"),
      blockPublicPolicy: flag("BlockPublicPolicy"),
      restrictPublicBuckets: flag("RestrictPublicBuckets"),
    },
  });
}

export async function deletePublicAccessBlock(
  request: VerifiedRequest,
  store: ObjectStore,
): Promise<S3Response> {
  return changeBucket(request, store, { publicAccessBlock: null }, 204);
}
