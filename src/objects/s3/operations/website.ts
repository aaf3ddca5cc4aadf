import { S3Error } from "#objects/s3-error.ts";
import type { S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { bucketOf } from "./request.ts";

/** There is never one; tools that describe a bucket ask all the same, and take this answer for "none". */
export async function getBucketWebsite(request: VerifiedRequest): Promise<S3Response> {
  bucketOf(request);
  throw new S3Error("NoSuchWebsiteConfiguration");
}
