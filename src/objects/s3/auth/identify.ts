import type { Clock } from "#lib/clock.ts";
import type { Configuration } from "#objects/catalog.ts";
import type { AccessKeyRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { Caller } from "../verified.ts";
import type { ChunkSeed } from "./aws-chunked.ts";
import { type Claim, readClaim } from "./claim.ts";
import type { Headers } from "./headers.ts";
import { type Payload, parsePayload } from "./payload.ts";
import type { SigningKeys } from "./signing-key.ts";
import type { Target } from "./target.ts";
import { verifySignature } from "./verify-signature.ts";

/** What telling who asks needs. */
export interface Identification {
  readonly configuration: Configuration;
  readonly signing: SigningKeys;
  readonly clock: Clock;
  readonly region: string;
}

/** Who asks, and how the body is bound to that. */
export interface Identified {
  readonly caller: Caller;
  readonly payload: Payload;
  /** Absent: anonymous. */
  readonly claim?: Claim;
  readonly seed?: ChunkSeed;
}

/** Verifies the signature of a request, or finds that it has none. */
export function identify(
  method: string,
  target: Target,
  headers: Headers,
  identification: Identification,
): Identified {
  const now = identification.clock.now();
  const claim = readClaim(headers, target, identification.region, now);
  const payloadHash = givenPayloadHash(claim, headers, target);
  const payload = parsePayload(payloadHash);
  if (claim === undefined) return { caller: { type: "anonymous" }, payload };
  const { key, signingKey } = verifySignature(
    claim,
    { method, target, headers, payloadHash },
    { ...identification, now },
  );
  const { signature, dateTime, scope } = claim;
  return { caller: callerOf(key), payload, claim, seed: { signature, signingKey, dateTime, scope } };
}

export function callerOf(key: AccessKeyRecord): Caller {
  return {
    type: "key",
    accessKeyId: key.accessKeyId,
    project: key.project,
    owner: key.owner,
    ...(key.app === undefined ? {} : { app: key.app }),
    scope: key.scope,
  };
}

/** A request signed by its headers must say what its body is; a presigned one may leave it open. */
function givenPayloadHash(claim: Claim | undefined, headers: Headers, target: Target): string {
  const header = headers.get("x-amz-content-sha256");
  if (claim?.form === "header") {
    if (header === undefined)
      throw new S3Error("InvalidRequest", "The header x-amz-content-sha256 is missing.");
    return header;
  }
  const query = claim === undefined ? undefined : target.query.get("X-Amz-Content-Sha256");
  if (header !== undefined && query !== undefined && header !== query)
    throw new S3Error("InvalidRequest", "x-amz-content-sha256 differs between header and query.");
  return header ?? query ?? "UNSIGNED-PAYLOAD";
}
