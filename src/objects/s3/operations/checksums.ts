import type { BodyDigest } from "#objects/s3/verified.ts";
import type { ChecksumAlgorithm, StoredChecksum } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";

import { leaf } from "../xml/write.ts";

export const checksumAlgorithms = [
  "CRC32",
  "CRC32C",
  "CRC64NVME",
  "SHA1",
  "SHA256",
] as const satisfies readonly ChecksumAlgorithm[];

/** Names of the elements: `ChecksumCRC32`… */
export function checksumElement(algorithm: string): string {
  return `Checksum${algorithm}`;
}

function headerOf(algorithm: string): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** A header or element that names an algorithm. */
export function algorithmOf(text: string): ChecksumAlgorithm {
  const algorithm = checksumAlgorithms.find((candidate) => candidate === text.toUpperCase());
  if (algorithm === undefined)
    throw new S3Error(
      "InvalidRequest",
      `The checksum algorithm must be one of ${checksumAlgorithms.join(", ")}.`,
    );
  return algorithm;
}

/** What is kept of a body that arrived whole: the checksum that the client chose, or else CRC-64/NVME, as S3 does since 2024. */
export function bodyChecksums(digest: BodyDigest): readonly StoredChecksum[] {
  const algorithm = digest.chosen ?? "CRC64NVME";
  const value = digest.checksums.get(algorithm);
  return value === undefined ? [] : [{ algorithm: algorithmOf(algorithm), type: "FULL_OBJECT", value }];
}

/** Of a part: the client's, or else the upload's own; also CRC-64/NVME, from which the whole object's is combined. */
export function partChecksums(
  digest: BodyDigest,
  ofUpload: ChecksumAlgorithm | undefined,
): readonly StoredChecksum[] {
  const first = digest.chosen ?? ofUpload;
  const chosen = bodyChecksums(first === undefined ? digest : { ...digest, chosen: first });
  const whole = digest.checksums.get("CRC64NVME");
  if (whole === undefined || chosen[0]?.algorithm === "CRC64NVME") return chosen;
  return [...chosen, { algorithm: "CRC64NVME", type: "FULL_OBJECT", value: whole }];
}

export function checksumHeaders(checksums: readonly StoredChecksum[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const checksum of checksums) {
    headers[headerOf(checksum.algorithm)] = checksum.value;
    headers["x-amz-checksum-type"] = checksum.type;
  }
  return headers;
}

/** Elements of an answer: the values, then their type. */
export function checksumElements(checksums: readonly StoredChecksum[]): string {
  const values = checksums.map((checksum) => leaf(checksumElement(checksum.algorithm), checksum.value));
  return values.join("") + leaf("ChecksumType", checksums[0]?.type);
}

/** What lists show: which algorithms, not their values. */
export function checksumKinds(
  checksums: readonly { readonly algorithm: string; readonly type: string }[] | undefined,
): string {
  if (checksums === undefined || checksums.length === 0) return "";
  const algorithms = checksums.map((checksum) => leaf("ChecksumAlgorithm", checksum.algorithm));
  return algorithms.join("") + leaf("ChecksumType", checksums[0]?.type);
}

/** The checksum of the whole object that the headers of CompleteMultipartUpload give. */
export function givenChecksum(
  headers: ReadonlyMap<string, string>,
): { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined {
  for (const algorithm of checksumAlgorithms) {
    const value = headers.get(headerOf(algorithm));
    if (value !== undefined) return { algorithm, value };
  }
  return undefined;
}
