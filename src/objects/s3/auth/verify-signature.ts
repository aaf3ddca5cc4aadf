import type { Configuration } from "#objects/catalog.ts";
import type { AccessKeyRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import { canonicalRequest, spellings } from "./canonical-request.ts";
import type { Claim } from "./claim.ts";
import type { Headers } from "./headers.ts";
import { sameSignature, sign, type SigningKeys, stringToSign } from "./signing-key.ts";
import type { Target } from "./target.ts";

/** Signs for access keys that do not exist, so that they take as long as a wrong signature. It opens nothing: without a key a match is refused too. */
const nobodysSecret = "nobody";

/**
 * Verifies what `claim` says against the request as received. Answers the key that signed it and the signing key, with which aws-chunked goes on.
 * Throws InvalidAccessKeyId, SignatureDoesNotMatch, or AccessDenied when something that must be signed is not.
 */
export function verifySignature(
  claim: Claim,
  request: {
    readonly method: string;
    readonly target: Target;
    readonly headers: Headers;
    readonly payloadHash: string;
  },
  keys: { readonly configuration: Configuration; readonly signing: SigningKeys; readonly now: number },
): { readonly key: AccessKeyRecord; readonly signingKey: Buffer } {
  checkSignedHeaders(claim.signedHeaders, request.headers);
  const { key, signingKey } = findKey(claim, keys);
  const parts = {
    method: request.method,
    headers: request.headers,
    signedHeaders: claim.signedHeaders,
    payloadHash: request.payloadHash,
  };
  let matches = false;
  for (const [path, query] of spellings(request.target)) {
    const text = stringToSign(claim.dateTime, claim.scope, canonicalRequest(parts, path, query));
    matches = sameSignature(sign(signingKey, text), claim.signature);
    if (matches) break;
  }
  return { key: accepted(key, matches, keys.now), signingKey };
}

/** The key named by `claim`, or nobody's. */
export function findKey(
  claim: Pick<Claim, "accessKeyId" | "scope">,
  keys: { readonly configuration: Configuration; readonly signing: SigningKeys },
): { readonly key: AccessKeyRecord | undefined; readonly signingKey: Buffer } {
  const key = keys.configuration.key(claim.accessKeyId);
  const signingKey =
    key === undefined
      ? keys.signing.get("", nobodysSecret, claim.scope)
      : keys.signing.get(key.accessKeyId, key.secretAccessKey, claim.scope);
  return { key, signingKey };
}

/** The key, when it exists, matched and has not expired. */
export function accepted(key: AccessKeyRecord | undefined, matches: boolean, now: number): AccessKeyRecord {
  if (key === undefined) throw new S3Error("InvalidAccessKeyId");
  if (!matches) throw new S3Error("SignatureDoesNotMatch");
  if (key.expiresAt !== undefined && key.expiresAt <= now)
    throw new S3Error("InvalidAccessKeyId", "The access key has expired.");
  return key;
}

/** `host` and every x-amz-* header must be signed: what is not could have been added by anyone on the way. */
function checkSignedHeaders(signedHeaders: readonly string[], headers: Headers): void {
  if (!signedHeaders.includes("host")) throw new S3Error("AccessDenied", "The header host must be signed.");
  for (const name of headers.keys())
    if (name.startsWith("x-amz-") && !signedHeaders.includes(name))
      throw new S3Error("AccessDenied", `The header ${name} came with the request but is not signed.`, {
        details: { HeadersNotSigned: name },
      });
  for (const name of signedHeaders)
    if (!headers.has(name))
      throw new S3Error("AccessDenied", `The header ${name} is signed but did not come with the request.`);
}
