import type { Annotation } from "#objects/catalog.ts";
import type { Retention } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { malformed, type XmlElement } from "../xml/parse.ts";
import { only, optionalTime, optionalWord, requiredWord } from "../xml/read.ts";
import { leaf, xmlDocument } from "../xml/write.ts";
import { emptyAnswer, xmlAnswer } from "./answer.ts";
import { bypassesGovernance } from "./delete-object.ts";
import { findVersion } from "./find-version.ts";
import { requireObjectLock } from "./lock-headers.ts";
import { bucketOf, documentOf, keyOf, newCallId, versionIdOf } from "./request.ts";

/** Retention and legal hold of one version. */

export async function getObjectRetention(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  requireObjectLock(bucketOf(request));
  const { retention } = (await findVersion(request, store)).version;
  if (retention === undefined) throw new S3Error("NoSuchObjectLockConfiguration");
  return xmlAnswer(
    xmlDocument(
      "Retention",
      leaf("Mode", retention.mode),
      leaf("RetainUntilDate", new Date(retention.until).toISOString()),
    ),
  );
}

export async function putObjectRetention(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const bucket = bucketOf(request);
  requireObjectLock(bucket);
  const retention = retentionOf(await documentOf(request, "Retention"));
  const bypassGovernance = bypassesGovernance(request, bucket.name, keyOf(request));
  return annotate(request, store, { type: "retention", retention, bypassGovernance });
}

export async function getObjectLegalHold(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  requireObjectLock(bucketOf(request));
  const { legalHold } = (await findVersion(request, store)).version;
  if (legalHold === undefined) throw new S3Error("NoSuchObjectLockConfiguration");
  return xmlAnswer(xmlDocument("LegalHold", leaf("Status", legalHold ? "ON" : "OFF")));
}

export async function putObjectLegalHold(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  requireObjectLock(bucketOf(request));
  const root = await documentOf(request, "LegalHold");
  only(root, ["Status"]);
  const on = requiredWord(root, "Status", ["ON", "OFF"]) === "ON";
  return annotate(request, store, { type: "legal-hold", on });
}

/** Null: an empty document takes the retention away. */
function retentionOf(root: XmlElement): Retention | null {
  only(root, ["Mode", "RetainUntilDate"]);
  const mode = optionalWord(root, "Mode", ["GOVERNANCE", "COMPLIANCE"]);
  const until = optionalTime(root, "RetainUntilDate");
  if (mode === undefined && until === undefined) return null;
  if (mode === undefined || until === undefined) throw malformed("Mode and RetainUntilDate belong together.");
  return { mode, until };
}

async function annotate(
  request: VerifiedRequest,
  store: ObjectStore,
  change: Annotation,
): Promise<S3Response> {
  const versionId = versionIdOf(request);
  await store.catalog.annotate({
    callId: newCallId(store),
    bucket: bucketOf(request).name,
    key: keyOf(request),
    ...(versionId === undefined ? {} : { versionId }),
    change,
  });
  return emptyAnswer(200);
}
