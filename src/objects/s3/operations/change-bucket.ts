import type { BucketChange } from "#objects/catalog.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { emptyAnswer } from "./answer.ts";
import { bucketOf, newCallId } from "./request.ts";

/** Changes fields of the bucket's record. Answers when every front knows, so that the next request anywhere finds it so. */
export async function changeBucket(
  request: VerifiedRequest,
  store: ObjectStore,
  change: BucketChange,
  status: 200 | 204 = 200,
): Promise<S3Response> {
  await store.catalog.updateBucket({ callId: newCallId(store), name: bucketOf(request).name, change });
  return emptyAnswer(status);
}
