import type { DefaultRetention } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { malformed, type XmlElement } from "../xml/parse.ts";
import { only, optionalChild, optionalInteger, requiredChild, requiredWord } from "../xml/read.ts";
import { branch, leaf, xmlDocument } from "../xml/write.ts";
import { xmlAnswer } from "./answer.ts";
import { changeBucket } from "./change-bucket.ts";
import { bucketOf, documentOf } from "./request.ts";

/** A hundred years, as at S3. */
const retentionDaysMax = 36_500;
const retentionYearsMax = 100;

export async function getObjectLockConfiguration(request: VerifiedRequest): Promise<S3Response> {
  const lock = bucketOf(request).objectLock;
  if (lock === undefined) throw new S3Error("ObjectLockConfigurationNotFoundError");
  return xmlAnswer(
    xmlDocument(
      "ObjectLockConfiguration",
      leaf("ObjectLockEnabled", "Enabled"),
      lock.defaultRetention === undefined ? "" : ruleElement(lock.defaultRetention),
    ),
  );
}

function ruleElement(retention: DefaultRetention): string {
  return branch(
    "Rule",
    branch(
      "DefaultRetention",
      leaf("Mode", retention.mode),
      leaf("Days", retention.days),
      leaf("Years", retention.years),
    ),
  );
}

export async function putObjectLockConfiguration(
  request: VerifiedRequest,
  store: ObjectStore,
): Promise<S3Response> {
  const root = await documentOf(request, "ObjectLockConfiguration");
  const bucket = bucketOf(request);
  only(root, ["ObjectLockEnabled", "Rule"]);
  requiredWord(root, "ObjectLockEnabled", ["Enabled"]);
  const rule = optionalChild(root, "Rule");
  const defaultRetention = rule === undefined ? undefined : defaultRetentionOf(rule);
  if (bucket.objectLock === undefined && bucket.versioning !== "enabled")
    throw new S3Error("InvalidBucketState", "Versioning must be enabled before object lock.");
  return changeBucket(request, store, {
    objectLock: defaultRetention === undefined ? {} : { defaultRetention },
  });
}

function defaultRetentionOf(rule: XmlElement): DefaultRetention {
  only(rule, ["DefaultRetention"]);
  const element = requiredChild(rule, "DefaultRetention");
  only(element, ["Mode", "Days", "Years"]);
  const mode = requiredWord(element, "Mode", ["GOVERNANCE", "COMPLIANCE"]);
  const days = optionalInteger(element, "Days");
  const years = optionalInteger(element, "Years");
  if ((days === undefined) === (years === undefined)) throw malformed("Either Days or Years is needed.");
  if (days !== undefined) return { mode, days: checkedPeriod(days, retentionDaysMax) };
  return { mode, years: checkedPeriod(years ?? 0, retentionYearsMax) };
}

function checkedPeriod(value: number, max: number): number {
  if (value > 0 && value <= max) return value;
  throw new S3Error("InvalidRetentionPeriod", "Default retention period must be a positive integer value.");
}
