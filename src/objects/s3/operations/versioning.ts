import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { only, optionalWord } from "../xml/read.ts";
import { leaf, xmlDocument } from "../xml/write.ts";
import { xmlAnswer } from "./answer.ts";
import { changeBucket } from "./change-bucket.ts";
import { bucketOf, documentOf } from "./request.ts";

const words = { off: undefined, enabled: "Enabled", suspended: "Suspended" } as const;

export async function getBucketVersioning(request: VerifiedRequest): Promise<S3Response> {
  const { versioning } = bucketOf(request);
  return xmlAnswer(xmlDocument("VersioningConfiguration", leaf("Status", words[versioning])));
}

export async function putBucketVersioning(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const root = await documentOf(request, "VersioningConfiguration");
  only(root, ["Status", "MfaDelete"]);
  const status = optionalWord(root, "Status", ["Enabled", "Suspended"]);
  if (optionalWord(root, "MfaDelete", ["Enabled", "Disabled"]) === "Enabled")
    throw new S3Error("NotImplemented", "MFA delete is not supported; use object lock.");
  if (status === undefined)
    throw new S3Error("IllegalVersioningConfigurationException", "Status must be Enabled or Suspended.");
  return changeBucket(request, store, { versioning: status === "Enabled" ? "enabled" : "suspended" });
}
