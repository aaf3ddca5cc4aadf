import { createHash } from "node:crypto";
import type { ChecksumAlgorithm } from "#objects/records.ts";
import { crcBytes, isCrc, updateCrc } from "./crc.ts";
import { Md5Stream } from "./md5.ts";

/** The checksum of bytes that come piece by piece. */
export interface ChecksumStream {
  /** May keep the bytes until the end: they must not be changed. */
  update(bytes: Uint8Array): void;
  /** Of all bytes so far; called once, at the end. CRCs are big-endian. */
  digest(): Buffer;
}

/** MD5 is no "additional checksum" of S3, but its ETags and Content-MD5 are made of it. */
export type StreamAlgorithm = ChecksumAlgorithm | "MD5";

/** Lengths of the plain checksums, for looking at what a client claims. */
export const checksumBytes = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
  MD5: 16,
} as const satisfies Readonly<Record<StreamAlgorithm, number>>;

export function checksumStream(algorithm: StreamAlgorithm): ChecksumStream {
  if (algorithm === "MD5") return new Md5Stream();
  if (!isCrc(algorithm)) {
    const hash = createHash(algorithm.toLowerCase());
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
  }
  let crc = 0n;
  return {
    update: (bytes) => {
      crc = updateCrc(algorithm, crc, bytes);
    },
    digest: () => crcBytes(algorithm, crc),
  };
}

/** Base64, as on the wire. */
export function checksumOf(algorithm: StreamAlgorithm, bytes: Uint8Array): string {
  const stream = checksumStream(algorithm);
  stream.update(bytes);
  return stream.digest().toString("base64");
}

/** The bytes of a checksum as on the wire; undefined when it is not base64 of the algorithm's length, written the one canonical way. */
export function parseChecksum(algorithm: StreamAlgorithm, text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.length === checksumBytes[algorithm] && bytes.toString("base64") === text ? bytes : undefined;
}
