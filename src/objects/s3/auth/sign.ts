import { hash } from "node:crypto";
import { canonicalQuery, canonicalRequest } from "./canonical-request.ts";
import { algorithm, deriveSigningKey, type Scope, scopeText, sign, stringToSign } from "./signing-key.ts";
import { basicTime } from "./signing-time.ts";
import { uriEncodePath } from "./uri-encoding.ts";

export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

/** A request to be signed. `path` and `query` are decoded; `path` begins with `/` and holds the bucket when the style is path. */
export interface Signable {
  readonly method: string;
  /** With its port unless it is the scheme's own. */
  readonly host: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Names in lower case; all of them are signed. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The request-target of an address that carries its own signature; `expires` in seconds, at most a week. */
export function presign(
  request: Signable,
  credentials: SigningCredentials,
  life: { readonly now: number; readonly expires: number },
): string {
  const dateTime = basicTime(life.now);
  const scope = { date: dateTime.slice(0, 8), region: credentials.region };
  const headers = new Map([...Object.entries(request.headers ?? {}), ["host", request.host]]);
  const signedHeaders = [...headers.keys()].toSorted();
  const pairs = Object.entries({
    ...request.query,
    "X-Amz-Algorithm": algorithm,
    "X-Amz-Credential": `${credentials.accessKeyId}/${scopeText(scope)}`,
    "X-Amz-Date": dateTime,
    "X-Amz-Expires": String(life.expires),
    "X-Amz-SignedHeaders": signedHeaders.join(";"),
  });
  const path = uriEncodePath(request.path);
  const query = canonicalQuery(pairs);
  const parts = { method: request.method, headers, signedHeaders, payloadHash: "UNSIGNED-PAYLOAD" };
  const signature = signCanonical(canonicalRequest(parts, path, query), credentials, dateTime, scope);
  return `${path}?${query}&X-Amz-Signature=${signature}`;
}

/**
 * Headers to send, with Authorization, and the request-target. `payload` is the body, or a form of x-amz-content-sha256 such as UNSIGNED-PAYLOAD.
 */
export function signRequest(
  request: Signable,
  credentials: SigningCredentials,
  options: { readonly now: number; readonly payload: Uint8Array | { readonly form: string } },
): {
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signature: string;
} {
  const dateTime = basicTime(options.now);
  const scope = { date: dateTime.slice(0, 8), region: credentials.region };
  const payloadHash =
    options.payload instanceof Uint8Array ? hash("sha256", options.payload, "hex") : options.payload.form;
  const all: Readonly<Record<string, string>> = {
    ...request.headers,
    host: request.host,
    "x-amz-content-sha256": payloadHash,
    "x-amz-date": dateTime,
  };
  const signedHeaders = Object.keys(all).toSorted();
  const path = uriEncodePath(request.path);
  const query = canonicalQuery(Object.entries(request.query ?? {}));
  const parts = { method: request.method, headers: new Map(Object.entries(all)), signedHeaders, payloadHash };
  const signature = signCanonical(canonicalRequest(parts, path, query), credentials, dateTime, scope);
  const authorization = `${algorithm} Credential=${credentials.accessKeyId}/${scopeText(scope)},SignedHeaders=${signedHeaders.join(";")},Signature=${signature}`;
  return { target: query === "" ? path : `${path}?${query}`, headers: { ...all, authorization }, signature };
}

function signCanonical(
  canonical: string,
  credentials: SigningCredentials,
  dateTime: string,
  scope: Scope,
): string {
  return sign(deriveSigningKey(credentials.secretAccessKey, scope), stringToSign(dateTime, scope, canonical));
}
