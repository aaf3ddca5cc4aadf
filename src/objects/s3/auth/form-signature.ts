import { createHmac } from "node:crypto";
import type { AccessKeyRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import { parseCredential } from "./claim.ts";
import type { Identification } from "./identify.ts";
import { algorithm, sameSignature, sign } from "./signing-key.ts";
import { parseBasicTime } from "./signing-time.ts";
import { accepted, findKey } from "./verify-signature.ts";

const signatureFields = ["signature", "x-amz-signature", "awsaccesskeyid", "x-amz-credential"];

/**
 * Who signed a form's policy; undefined when it has neither policy nor signature. Version 4, and version 2 because forms live long in pages and HMAC-SHA1
 * over the policy is not broken (for requests version 2 is refused).
 */
export function verifyForm(
  fields: ReadonlyMap<string, string>,
  identification: Identification,
): AccessKeyRecord | undefined {
  if (fields.has("x-amz-security-token")) throw new S3Error("InvalidToken");
  const policy = fields.get("policy");
  if (policy === undefined) {
    if (signatureFields.some((name) => fields.has(name)))
      throw new S3Error("InvalidArgument", "The form is signed but has no policy.");
    return undefined;
  }
  const now = identification.clock.now();
  return fields.has("x-amz-signature")
    ? verifyVersion4(policy, fields, identification, now)
    : verifyVersion2(policy, fields, identification, now);
}

function verifyVersion4(
  policy: string,
  fields: ReadonlyMap<string, string>,
  identification: Identification,
  now: number,
): AccessKeyRecord {
  const { accessKeyId, scope } = parseCredential(
    fields.get("x-amz-credential"),
    identification.region,
    "InvalidRequest",
  );
  const date = fields.get("x-amz-date") ?? "";
  if (fields.get("x-amz-algorithm") !== algorithm)
    throw new S3Error("InvalidRequest", `x-amz-algorithm only supports ${algorithm}.`);
  if (parseBasicTime(date) === undefined || date.slice(0, 8) !== scope.date)
    throw new S3Error("InvalidRequest", "x-amz-date must be a time on the credential's date.");
  const { key, signingKey } = findKey({ accessKeyId, scope }, identification);
  const matches = sameSignature(sign(signingKey, policy), fields.get("x-amz-signature") ?? "");
  return accepted(key, matches, now);
}

function verifyVersion2(
  policy: string,
  fields: ReadonlyMap<string, string>,
  identification: Identification,
  now: number,
): AccessKeyRecord {
  const accessKeyId = fields.get("awsaccesskeyid");
  const signature = fields.get("signature");
  if (accessKeyId === undefined || signature === undefined)
    throw new S3Error("InvalidArgument", "The form has a policy but no signature.");
  const key = identification.configuration.key(accessKeyId);
  const expected = createHmac("sha1", key?.secretAccessKey ?? "")
    .update(policy)
    .digest("base64");
  return accepted(key, sameSignature(expected, signature), now);
}
