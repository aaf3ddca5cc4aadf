import { S3Error } from "#objects/s3-error.ts";

/** Names in lower case; values of repeated headers joined by commas, as SigV4 does. */
export type Headers = ReadonlyMap<string, string>;

/** Headers whose second occurrence could mean one thing to us and another to whoever stands before us. */
const once: ReadonlySet<string> = new Set([
  "authorization",
  "content-length",
  "content-md5",
  "content-type",
  "date",
  "host",
  "transfer-encoding",
  "x-amz-content-sha256",
  "x-amz-copy-source",
  "x-amz-date",
  "x-amz-decoded-content-length",
  "x-amz-security-token",
]);

/** Throws InvalidRequest when a header that must stand alone is repeated, or when length and transfer coding contradict each other (RFC 9112 section 6.3). */
export function parseHeaders(rawHeaders: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    const value = trimSpaces(rawHeaders[index + 1] ?? "");
    const before = headers.get(name);
    if (before !== undefined && once.has(name))
      throw new S3Error("InvalidRequest", `The header ${name} came twice.`);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  if (headers.has("content-length") && headers.has("transfer-encoding"))
    throw new S3Error("InvalidRequest", "Content-Length and Transfer-Encoding exclude each other.");
  return headers;
}

/** Content-Length, or undefined when the body is framed otherwise. */
export function contentLength(headers: Headers): number | undefined {
  return byteCount(headers, "content-length");
}

/** A header that counts bytes. Throws InvalidArgument when it is no such count. */
export function byteCount(headers: Headers, name: string): number | undefined {
  const value = headers.get(name);
  if (value === undefined) return undefined;
  if (!/^\d{1,15}$/.test(value)) throw new S3Error("InvalidArgument", `${name} is not a number of bytes.`);
  return Number(value);
}

/** Spaces and tabs only: `trim` would take U+00A0, which here is a byte of some UTF-8 character. */
function trimSpaces(value: string): string {
  const first = value.charCodeAt(0);
  const last = value.charCodeAt(value.length - 1);
  if (first !== 32 && first !== 9 && last !== 32 && last !== 9) return value;
  return value.replace(/^[ \t]+/, "").replace(/[ \t]+$/, "");
}
