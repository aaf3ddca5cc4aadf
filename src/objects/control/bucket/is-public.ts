import { isPublicByAcl } from "../../acl.ts";
import type { BucketRecord } from "../../records.ts";
import { S3Error } from "../../s3-error.ts";
import { isPublicPolicy } from "../../s3/auth/policy/evaluate.ts";
import { parsePolicy } from "../../s3/auth/policy/parse-policy.ts";

/** Whether somebody without a key may do something with it: by its ACL, or by a statement of its policy for everybody. */
export function isPublic(bucket: BucketRecord): boolean {
  const { name, policy, publicAccessBlock } = bucket;
  if (isPublicByAcl(bucket)) return true;
  if (policy === undefined || publicAccessBlock?.restrictPublicBuckets === true) return false;
  try {
    return isPublicPolicy(parsePolicy(policy, name));
  } catch (error) {
    // What is not understood allows nothing.
    if (error instanceof S3Error) return false;
    throw error;
  }
}
