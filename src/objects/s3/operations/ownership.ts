import { bucketAccessList } from "#objects/acl.ts";
import type { BucketRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { only, requiredChild, requiredWord } from "../xml/read.ts";
import { branch, leaf, xmlDocument } from "../xml/write.ts";
import { isPrivate } from "./acl.ts";
import { xmlAnswer } from "./answer.ts";
import { changeBucket } from "./change-bucket.ts";
import { bucketOf, documentOf } from "./request.ts";

type Ownership = NonNullable<BucketRecord["ownership"]>;
const ownerships = [
  "BucketOwnerEnforced",
  "BucketOwnerPreferred",
  "ObjectWriter",
] as const satisfies readonly Ownership[];

/** The header of CreateBucket. */
export function ownershipOf(text: string): Ownership {
  const ownership = ownerships.find((candidate) => candidate === text);
  if (ownership === undefined)
    throw new S3Error("InvalidArgument", `Object ownership must be one of ${ownerships.join(", ")}.`);
  return ownership;
}

export async function getBucketOwnershipControls(request: VerifiedRequest): Promise<S3Response> {
  const { ownership } = bucketOf(request);
  if (ownership === undefined) throw new S3Error("OwnershipControlsNotFoundError");
  return xmlAnswer(xmlDocument("OwnershipControls", branch("Rule", leaf("ObjectOwnership", ownership))));
}

export async function putBucketOwnershipControls(
  request: VerifiedRequest,
  store: ObjectStore,
): Promise<S3Response> {
  const root = await documentOf(request, "OwnershipControls");
  only(root, ["Rule"]);
  const ownership = requiredWord(requiredChild(root, "Rule"), "ObjectOwnership", ownerships);
  const bucket = bucketOf(request);
  if (ownership === "BucketOwnerEnforced" && !isPrivate(bucketAccessList(bucket).grants, bucket.project))
    throw new S3Error("InvalidBucketAclWithObjectOwnership");
  return changeBucket(request, store, { ownership });
}

export async function deleteBucketOwnershipControls(
  request: VerifiedRequest,
  store: ObjectStore,
): Promise<S3Response> {
  return changeBucket(request, store, { ownership: null }, 204);
}
