import { S3Error } from "#objects/s3-error.ts";
import type { Headers } from "./headers.ts";
import { algorithm, type Scope } from "./signing-key.ts";
import {
  checkPresignedLife,
  checkSkew,
  parseBasicTime,
  presignedMaxSeconds,
  signedAt,
} from "./signing-time.ts";
import type { Target } from "./target.ts";

/** What a request says of its signature, well formed and in time, but not verified. */
export interface Claim {
  readonly form: "header" | "query";
  readonly accessKeyId: string;
  readonly scope: Scope;
  readonly dateTime: string;
  readonly time: number;
  /** In lower case, ascending. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

type MalformedCode = "AuthorizationHeaderMalformed" | "AuthorizationQueryParametersError" | "InvalidRequest";

const useVersion4 = "This way of signing is not supported. Please use AWS4-HMAC-SHA256.";
/** Any of these in the query means that the request wants to be signed: it is never taken for an anonymous one. */
const queryMarks = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders"] as const;
const signatureForm = /^[0-9a-f]{64}$/;
const signedHeadersMax = 100;
/** A program signs few sets of headers again and again; taking them apart each time would cost a tenth of admission. */
const knownSignedHeaders = new Map<string, readonly string[]>();
const knownSignedHeadersMax = 256;

/** Finds how a request is signed; undefined when it is not at all (anonymous). Throws for everything between. */
export function readClaim(headers: Headers, target: Target, region: string, now: number): Claim | undefined {
  const authorization = headers.get("authorization");
  const inQuery = queryMarks.some((name) => target.query.has(name));
  if (authorization !== undefined && inQuery)
    throw new S3Error("InvalidArgument", "Only one way of signing is allowed in a request.");
  if (headers.has("x-amz-security-token") || target.query.has("X-Amz-Security-Token"))
    throw new S3Error("InvalidToken");
  if (authorization !== undefined) return headerClaim(authorization, headers, region, now);
  if (inQuery) return queryClaim(target, region, now);
  if (target.query.has("Signature") && target.query.has("AWSAccessKeyId"))
    throw new S3Error("InvalidRequest", useVersion4);
  return undefined;
}

function headerClaim(authorization: string, headers: Headers, region: string, now: number): Claim {
  const code = "AuthorizationHeaderMalformed";
  if (authorization === "") throw new S3Error("AccessDenied", "The Authorization header is empty.");
  const space = authorization.indexOf(" ");
  if (authorization.slice(0, space) !== algorithm) throw wrongScheme(authorization);
  const fields = new Map<string, string>();
  for (const piece of authorization.slice(space + 1).split(",", 4)) {
    const equals = piece.indexOf("=");
    const name = piece.slice(0, equals).trim();
    if (equals === -1 || fields.has(name)) throw new S3Error(code);
    fields.set(name, piece.slice(equals + 1).trim());
  }
  if (fields.size !== 3)
    throw new S3Error(code, "It must have Credential, SignedHeaders and Signature, once each.");
  const credential = parseCredential(fields.get("Credential"), region, code);
  const { dateTime, time } = signedAt(headers);
  if (dateTime.slice(0, 8) !== credential.scope.date)
    throw new S3Error(code, "The credential's date is not the date of the request.");
  checkSkew(time, now);
  return {
    form: "header",
    ...credential,
    dateTime,
    time,
    signedHeaders: parseSignedHeaders(fields.get("SignedHeaders"), code),
    signature: parseSignature(fields.get("Signature"), code),
  };
}

function queryClaim(target: Target, region: string, now: number): Claim {
  const code = "AuthorizationQueryParametersError";
  const single = new Set<string>();
  for (const [name] of target.pairs) {
    if (!name.startsWith("X-Amz-")) continue;
    if (single.has(name)) throw new S3Error(code, `${name} came twice.`);
    single.add(name);
  }
  if (target.query.get("X-Amz-Algorithm") !== algorithm)
    throw new S3Error(code, `X-Amz-Algorithm only supports ${algorithm}.`);
  const credential = parseCredential(target.query.get("X-Amz-Credential"), region, code);
  const dateTime = target.query.get("X-Amz-Date") ?? "";
  const time = parseBasicTime(dateTime);
  if (time === undefined || dateTime.slice(0, 8) !== credential.scope.date)
    throw new S3Error(code, "X-Amz-Date must be a time like 20130524T000000Z, on the credential's date.");
  const expires = target.query.get("X-Amz-Expires") ?? "";
  if (!/^\d{1,6}$/.test(expires) || Number(expires) < 1 || Number(expires) > presignedMaxSeconds)
    throw new S3Error(code, `X-Amz-Expires must be 1 to ${presignedMaxSeconds} seconds.`);
  const signedHeaders = parseSignedHeaders(target.query.get("X-Amz-SignedHeaders"), code);
  const signature = parseSignature(target.query.get("X-Amz-Signature"), code);
  checkPresignedLife(time, Number(expires), now);
  return { form: "query", ...credential, dateTime, time, signedHeaders, signature };
}

/** `AKID/20130524/us-east-1/s3/aws4_request`; also the form field x-amz-credential. */
export function parseCredential(
  text: string | undefined,
  region: string,
  code: MalformedCode,
): { readonly accessKeyId: string; readonly scope: Scope } {
  const match =
    /^([\x21-\x7e]{1,128})\/(\d{8})\/([a-z0-9-]{1,64})\/([a-z0-9-]{1,32})\/([a-z0-9_]{1,32})$/.exec(
      text ?? "",
    );
  if (match === null) throw new S3Error(code, "The credential is not KEY/DATE/REGION/s3/aws4_request.");
  const [, accessKeyId = "", date = "", given = "", service, terminator] = match;
  if (given !== region)
    throw new S3Error(code, `The region '${given}' is wrong; expecting '${region}'.`, {
      details: { Region: region },
    });
  if (service !== "s3") throw new S3Error(code, "The credential's service must be s3.");
  if (terminator !== "aws4_request") throw new S3Error(code, "The credential must end with aws4_request.");
  return { accessKeyId, scope: { date, region: given } };
}

function parseSignedHeaders(text: string | undefined, code: MalformedCode): readonly string[] {
  const known = knownSignedHeaders.get(text ?? "");
  if (known !== undefined) return known;
  const names = (text ?? "").split(";", signedHeadersMax + 1);
  const ascending = names.every((name, index) => index === 0 || (names[index - 1] ?? "") < name);
  if (
    names.length > signedHeadersMax ||
    !ascending ||
    !names.every((name) => /^[!#-'*+.0-9^-z|~-]+$/.test(name))
  )
    throw new S3Error(
      code,
      "SignedHeaders must be header names in lower case, ascending, between semicolons.",
    );
  if (knownSignedHeaders.size >= knownSignedHeadersMax) knownSignedHeaders.clear();
  knownSignedHeaders.set(text ?? "", names);
  return names;
}

function parseSignature(text: string | undefined, code: MalformedCode): string {
  if (text === undefined || !signatureForm.test(text))
    throw new S3Error(code, "The signature must be 64 digits in lower-case hexadecimal.");
  return text;
}

function wrongScheme(authorization: string): S3Error {
  if (authorization.startsWith("AWS4-ECDSA-P256-SHA256"))
    return new S3Error("NotImplemented", "SigV4A is not supported. Please use AWS4-HMAC-SHA256.");
  if (/^AWS [^: ]+:[^: ]+$/.test(authorization)) return new S3Error("InvalidRequest", useVersion4);
  return new S3Error("InvalidArgument", useVersion4, { details: { ArgumentName: "Authorization" } });
}
