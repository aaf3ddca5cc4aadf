import { parseChecksum } from "#objects/checksum/checksum.ts";
import { putMaxBytes } from "#objects/limits.ts";
import type { ChecksumAlgorithm } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import { type ChunkSeed, type ChunkedOptions } from "./aws-chunked.ts";
import { byteCount, contentLength, type Headers } from "./headers.ts";
import type { Payload } from "./payload.ts";

/** Everything that a request says of its body, well formed; the body must then agree. */
export interface BodyClaims {
  /** Bytes on the wire. */
  readonly rawSize?: number | undefined;
  /** Bytes of the decoded body. */
  readonly size?: number | undefined;
  /** Of the bytes on the wire, lower-case hexadecimal. */
  readonly sha256?: string | undefined;
  readonly contentMd5?: Buffer | undefined;
  readonly checksum?: ClaimedChecksum | undefined;
  readonly chunked?: ChunkedOptions | undefined;
  /** What a form's policy allows. */
  readonly sizeRange?: { readonly min: number; readonly max: number } | undefined;
}

export interface ClaimedChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Absent: the trailer brings it. */
  readonly value?: Buffer;
}

/** The header of each algorithm, also its name in a trailer. */
export const checksumHeaders: ReadonlyMap<string, ChecksumAlgorithm> = new Map([
  ["x-amz-checksum-crc32", "CRC32"],
  ["x-amz-checksum-crc32c", "CRC32C"],
  ["x-amz-checksum-crc64nvme", "CRC64NVME"],
  ["x-amz-checksum-sha1", "SHA1"],
  ["x-amz-checksum-sha256", "SHA256"],
] as const);

/**
 * Reads the claims. `ownChecksum` is false when x-amz-checksum-* is about something else than this body (CompleteMultipartUpload: the whole object).
 * Throws InvalidDigest, InvalidRequest, MissingContentLength and EntityTooLarge, before a byte of the body is asked for.
 */
export function readBodyClaims(
  headers: Headers,
  payload: Payload,
  seed: ChunkSeed | undefined,
  ownChecksum: boolean,
): BodyClaims {
  const rawSize = headers.has("transfer-encoding") ? undefined : (contentLength(headers) ?? 0);
  const trailers = announcedTrailers(headers, payload);
  const size = payload.type === "chunked" ? decodedLength(headers) : rawSize;
  if (size !== undefined && size > putMaxBytes) throw new S3Error("EntityTooLarge");
  return {
    rawSize,
    size,
    sha256: payload.type === "sha256" ? payload.sha256 : undefined,
    contentMd5: claimedMd5(headers),
    checksum: ownChecksum ? claimedChecksum(headers, trailers) : undefined,
    chunked:
      payload.type === "chunked" && size !== undefined
        ? chunkedOptions(payload, seed, trailers, size)
        : undefined,
  };
}

function chunkedOptions(
  payload: Payload & { readonly type: "chunked" },
  seed: ChunkSeed | undefined,
  trailers: readonly string[],
  size: number,
): ChunkedOptions {
  const options = { trailer: payload.trailer, trailers, decodedLength: size };
  if (!payload.signed) return options;
  if (seed === undefined) throw new S3Error("AccessDenied", "Signed chunks need a signed request.");
  return { ...options, seed };
}

function decodedLength(headers: Headers): number {
  const size = byteCount(headers, "x-amz-decoded-content-length");
  if (size === undefined)
    throw new S3Error("MissingContentLength", "The header x-amz-decoded-content-length is missing.");
  return size;
}

function announcedTrailers(headers: Headers, payload: Payload): readonly string[] {
  const text = headers.get("x-amz-trailer");
  if (text === undefined) return [];
  const name = text.toLowerCase();
  if (payload.type !== "chunked" || !payload.trailer)
    throw new S3Error(
      "InvalidRequest",
      "x-amz-trailer needs a form of x-amz-content-sha256 that has a trailer.",
    );
  if (!checksumHeaders.has(name))
    throw new S3Error("InvalidRequest", "x-amz-trailer must name one of the x-amz-checksum headers.");
  return [name];
}

function claimedMd5(headers: Headers): Buffer | undefined {
  const text = headers.get("content-md5");
  if (text === undefined) return undefined;
  const bytes = parseChecksum("MD5", text);
  if (bytes === undefined) throw new S3Error("InvalidDigest", "Content-MD5 is not the base64 of 16 bytes.");
  return bytes;
}

function claimedChecksum(headers: Headers, trailers: readonly string[]): ClaimedChecksum | undefined {
  const claims: ClaimedChecksum[] = [];
  for (const [name, algorithm] of checksumHeaders) {
    const text = headers.get(name);
    if (text !== undefined) claims.push({ algorithm, value: checksumValue(name, algorithm, text) });
    if (trailers.includes(name)) claims.push({ algorithm });
  }
  if (claims.length > 1) throw new S3Error("InvalidRequest", "Only one x-amz-checksum value is allowed.");
  const announced = headers.get("x-amz-sdk-checksum-algorithm")?.toUpperCase();
  if (announced !== undefined && announced !== claims[0]?.algorithm)
    throw new S3Error(
      "InvalidRequest",
      "x-amz-sdk-checksum-algorithm is given, but no such x-amz-checksum header or trailer.",
    );
  return claims[0];
}

/** Throws InvalidRequest when `text` is no base64 of the algorithm's length. */
export function checksumValue(name: string, algorithm: ChecksumAlgorithm, text: string): Buffer {
  const bytes = parseChecksum(algorithm, text);
  if (bytes === undefined) throw new S3Error("InvalidRequest", `The value of ${name} is not valid.`);
  return bytes;
}
