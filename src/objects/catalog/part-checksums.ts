import { createHash } from "node:crypto";
import type { CompleteUpload } from "#objects/catalog.ts";
import { combineChecksums, compositeChecksum } from "#objects/checksum/combine.ts";
import { isCrc } from "#objects/checksum/crc.ts";
import type { PartRecord, StoredChecksum, UploadRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";

/** The entity tag of a multipart object: MD5 of the parts' MD5s, and how many they are. */
export function etagOfParts(parts: readonly Pick<PartRecord, "etag">[]): string {
  const md5 = createHash("md5");
  for (const { etag } of parts) md5.update(Buffer.from(etag, "hex"));
  return `${md5.digest("hex")}-${parts.length}`;
}

/**
 * The checksum of a whole multipart object: as the upload chose; otherwise as the client claims one; otherwise CRC64NVME, which every part has. Throws BadDigest
 * when the claim is wrong, and InvalidRequest when parts lack what it is made of.
 */
export function checksumOfParts(
  chosen: UploadRecord["checksum"],
  claim: CompleteUpload["checksum"],
  parts: readonly PartRecord[],
): StoredChecksum | undefined {
  const kind =
    chosen ?? ({ algorithm: claimedAlgorithm(claim) ?? "CRC64NVME", type: "FULL_OBJECT" } as const);
  const pieces = parts.flatMap(({ size, checksums }) => {
    const value = checksums.find(({ algorithm }) => algorithm === kind.algorithm)?.value;
    return value === undefined ? [] : [{ size, value }];
  });
  if (pieces.length < parts.length) {
    if (chosen === undefined && claim === undefined) return undefined;
    throw new S3Error("InvalidRequest", `Not every part has a ${kind.algorithm} checksum.`);
  }
  const value = valueOf(kind, pieces);
  if (claim !== undefined && (claim.algorithm !== kind.algorithm || claim.value !== value))
    throw new S3Error("BadDigest");
  return { ...kind, value };
}

function valueOf(
  { algorithm, type }: NonNullable<UploadRecord["checksum"]>,
  pieces: readonly { readonly size: number; readonly value: string }[],
): string {
  if (type === "COMPOSITE")
    return compositeChecksum(
      algorithm,
      pieces.map(({ value }) => value),
    );
  if (!isCrc(algorithm))
    throw new S3Error("InvalidRequest", `A FULL_OBJECT checksum of parts cannot be a ${algorithm}.`);
  return combineChecksums(algorithm, pieces);
}

function claimedAlgorithm(claim: CompleteUpload["checksum"]) {
  if (claim === undefined) return undefined;
  if (!isCrc(claim.algorithm))
    throw new S3Error("InvalidRequest", `The upload was not begun with a ${claim.algorithm} checksum.`);
  return claim.algorithm;
}
