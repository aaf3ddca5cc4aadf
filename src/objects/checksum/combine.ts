import { assert } from "#lib/assert.ts";
import type { ChecksumAlgorithm } from "#objects/records.ts";
import { checksumStream, parseChecksum } from "./checksum.ts";
import { combineCrcs, crcBytes, crcFromBytes, type CrcAlgorithm } from "./crc.ts";

/**
 * The FULL_OBJECT checksum of parts one after the other, from theirs, in base64. Only CRCs can be combined: S3 knows no FULL_OBJECT of SHA-1 and SHA-256
 * for multipart uploads.
 */
export function combineChecksums(
  algorithm: CrcAlgorithm,
  parts: readonly { readonly value: string; readonly size: number }[],
): string {
  const combined = parts.reduce(
    (crc, { value, size }) => combineCrcs(algorithm, crc, crcFromBytes(checksum(algorithm, value)), size),
    0n,
  );
  return crcBytes(algorithm, combined).toString("base64");
}

/** The COMPOSITE checksum: that of the parts' checksums one after the other, in base64, with `-N`. */
export function compositeChecksum(algorithm: ChecksumAlgorithm, parts: readonly string[]): string {
  const stream = checksumStream(algorithm);
  for (const value of parts) stream.update(checksum(algorithm, value));
  return `${stream.digest().toString("base64")}-${parts.length}`;
}

function checksum(algorithm: ChecksumAlgorithm, value: string): Buffer {
  const bytes = parseChecksum(algorithm, value);
  assert(bytes, "a stored checksum is well formed");
  return bytes;
}
