import type { RemoveTarget } from "#objects/catalog.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { emptyAnswer } from "./answer.ts";
import { entityTags } from "./conditions.ts";
import { bucketOf, keyOf, newCallId, versionIdOf, writerOf } from "./request.ts";

export async function deleteObject(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const bucket = bucketOf(request);
  const key = keyOf(request);
  const versionId = versionIdOf(request);
  const removed = await store.catalog.remove({
    callId: newCallId(store),
    bucket: bucket.name,
    key,
    ...(versionId === undefined ? {} : { versionId }),
    ...conditionOf(request.headers),
    bypassGovernance: bypassesGovernance(request, bucket.name, key),
    writer: writerOf(request),
  });
  const named = removed.versionId ?? removed.deleteMarker?.versionId;
  return emptyAnswer(204, {
    ...(named === undefined || bucket.versioning === "off" ? {} : { "x-amz-version-id": named }),
    ...(removed.deleteMarker === undefined ? {} : { "x-amz-delete-marker": "true" }),
  });
}

/** Whether governance retention may be passed over: the request says so and its caller may. Throws AccessDenied when he may not. */
export function bypassesGovernance(request: VerifiedRequest, bucket: string, key?: string): boolean {
  if (request.headers.get("x-amz-bypass-governance-retention")?.toLowerCase() !== "true") return false;
  request.alsoMay("s3:BypassGovernanceRetention", bucket, key);
  return true;
}

function conditionOf(headers: ReadonlyMap<string, string>): Pick<RemoveTarget, "condition"> {
  const ifMatch = headers.get("if-match");
  const lastModified = timeOf(headers.get("x-amz-if-match-last-modified-time"));
  const size = sizeOf(headers.get("x-amz-if-match-size"));
  if (ifMatch === undefined && lastModified === undefined && size === undefined) return {};
  return {
    condition: {
      ...(ifMatch === undefined ? {} : { ifMatch: entityTags(ifMatch) }),
      ...(lastModified === undefined ? {} : { lastModified }),
      ...(size === undefined ? {} : { size }),
    },
  };
}

function timeOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const time = Date.parse(header);
  // A condition that is not understood must not let a deletion pass.
  if (Number.isNaN(time))
    throw new S3Error("InvalidArgument", "x-amz-if-match-last-modified-time is not a time.");
  return time;
}

function sizeOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (!/^\d{1,15}$/.test(header)) throw new S3Error("InvalidArgument", "x-amz-if-match-size is not a size.");
  return Number(header);
}
