import { S3Error } from "#objects/s3-error.ts";

/** What x-amz-content-sha256 says of the body. */
export type Payload =
  /** The SHA-256 of the whole body, in lower-case hexadecimal. */
  | { readonly type: "sha256"; readonly sha256: string }
  | { readonly type: "unsigned" }
  /** aws-chunked: pieces with or without a signature each, and perhaps a trailer. */
  | { readonly type: "chunked"; readonly signed: boolean; readonly trailer: boolean };

const chunked: ReadonlyMap<string, Payload> = new Map([
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", { type: "chunked", signed: true, trailer: false }],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", { type: "chunked", signed: true, trailer: true }],
  ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", { type: "chunked", signed: false, trailer: true }],
] as const);

/** Throws NotImplemented for SigV4A by its name, InvalidArgument for what is no form at all. */
export function parsePayload(value: string): Payload {
  if (/^[0-9a-f]{64}$/.test(value)) return { type: "sha256", sha256: value };
  if (value === "UNSIGNED-PAYLOAD") return { type: "unsigned" };
  const known = chunked.get(value);
  if (known !== undefined) return known;
  if (value.startsWith("STREAMING-AWS4-ECDSA-"))
    throw new S3Error("NotImplemented", `${value} is not supported; sign with AWS4-HMAC-SHA256.`);
  throw new S3Error(
    "InvalidArgument",
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING form or the body's SHA-256 in lower-case hexadecimal.",
    { details: { ArgumentName: "x-amz-content-sha256" } },
  );
}
