import { assert } from "#lib/assert.ts";
import { isVersionId } from "#objects/catalog/ids.ts";
import type { Refused, Removed, RemoveTarget } from "#objects/catalog.ts";
import { deleteMaxKeys, keyMaxBytes } from "#objects/limits.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { malformed, type XmlElement } from "../xml/parse.ts";
import {
  childrenOf,
  only,
  optionalBoolean,
  optionalInteger,
  optionalText,
  optionalTime,
  requiredText,
} from "../xml/read.ts";
import { branch, leaf, xmlDocument } from "../xml/write.ts";
import { xmlAnswer } from "./answer.ts";
import { entityTags } from "./conditions.ts";
import { bypassesGovernance } from "./delete-object.ts";
import { bucketOf, documentOf, newCallId, writerOf } from "./request.ts";

/** 1,000 keys of 1,024 bytes, each byte written as a reference at worst half of the time. */
const deleteXmlMaxBytes = 4 * 1024 * 1024;

export async function deleteObjects(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const root = await documentOf(request, "Delete", deleteXmlMaxBytes);
  const bucket = bucketOf(request);
  only(root, ["Object", "Quiet"]);
  const quiet = optionalBoolean(root, "Quiet") === true;
  const targets = childrenOf(root, "Object").map(targetOf);
  if (targets.length === 0 || targets.length > deleteMaxKeys)
    throw malformed(`Delete takes 1 to ${deleteMaxKeys} objects.`);

  const outcomes = targets.map((target) => refusal(request, bucket.name, target));
  const allowed = targets.filter((_, index) => outcomes[index] === undefined);
  const removed = await removeAllowed(request, store, bucket.name, allowed);
  let next = 0;
  const entries = targets.map((target, index) => {
    const outcome = outcomes[index] ?? removed[next++];
    assert(outcome !== undefined, "the catalog answers for every target");
    return entryOf(target, outcome, quiet);
  });
  return xmlAnswer(xmlDocument("DeleteResult", ...entries));
}

async function removeAllowed(
  request: VerifiedRequest,
  store: ObjectStore,
  bucket: string,
  targets: readonly RemoveTarget[],
): Promise<readonly (Removed | Refused)[]> {
  if (targets.length === 0) return [];
  return store.catalog.removeMany({
    callId: newCallId(store),
    bucket,
    targets,
    bypassGovernance: bypassesGovernance(request, bucket),
    writer: writerOf(request),
  });
}

function targetOf(element: XmlElement): RemoveTarget {
  only(element, ["Key", "VersionId", "ETag", "LastModifiedTime", "Size"]);
  const key = requiredText(element, "Key");
  if (key === "") throw new S3Error("UserKeyMustBeSpecified", "A key must not be empty.");
  if (Buffer.byteLength(key) > keyMaxBytes) throw new S3Error("KeyTooLongError");
  const versionId = optionalText(element, "VersionId")?.trim();
  const etag = optionalText(element, "ETag");
  const lastModified = optionalTime(element, "LastModifiedTime");
  const size = optionalInteger(element, "Size");
  const condition = {
    ...(etag === undefined ? {} : { ifMatch: entityTags(etag) }),
    ...(lastModified === undefined ? {} : { lastModified }),
    ...(size === undefined ? {} : { size }),
  };
  return {
    key,
    ...(versionId === undefined || versionId === "" ? {} : { versionId }),
    ...(Object.keys(condition).length === 0 ? {} : { condition }),
  };
}

/** Each key is looked at on its own: a policy may allow some of them. */
function refusal(request: VerifiedRequest, bucket: string, target: RemoveTarget): Refused | undefined {
  const { key, versionId } = target;
  if (versionId !== undefined && !isVersionId(versionId))
    return { key, code: "InvalidArgument", message: "Invalid version id specified" };
  const action = versionId === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
  if (request.may(action, bucket, key)) return undefined;
  return { key, code: "AccessDenied", message: "This request is not allowed." };
}

function entryOf(target: RemoveTarget, outcome: Removed | Refused, quiet: boolean): string {
  const name = leaf("Key", target.key) + leaf("VersionId", target.versionId);
  if ("code" in outcome)
    return branch("Error", name, leaf("Code", outcome.code), leaf("Message", outcome.message));
  if (quiet) return "";
  const marker = outcome.deleteMarker;
  if (marker === undefined) return branch("Deleted", name);
  return branch("Deleted", name, leaf("DeleteMarker", true), leaf("DeleteMarkerVersionId", marker.versionId));
}
