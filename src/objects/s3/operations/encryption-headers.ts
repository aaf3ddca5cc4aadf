import type { BucketRecord, VersionRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";

type Given = ReadonlyMap<string, string>;

/** Whether the bytes are sealed: the request says so, or the bucket. Keys of customers or of a key service are refused: nothing would be worse than claiming them. */
export function encryptionOf(given: Given, bucket: BucketRecord): boolean {
  refuseCustomerKeys(given);
  const wanted = given.get("x-amz-server-side-encryption");
  if (wanted === undefined) {
    if (given.has("x-amz-server-side-encryption-aws-kms-key-id"))
      throw new S3Error("InvalidArgument", "A KMS key needs x-amz-server-side-encryption: aws:kms.");
    return bucket.encryption === "AES256";
  }
  if (wanted.startsWith("aws:kms"))
    throw new S3Error("NotImplemented", "SSE-KMS is not supported here; use AES256.");
  if (wanted !== "AES256") throw new S3Error("InvalidEncryptionAlgorithmError");
  return true;
}

/** What a read cannot ask for: it takes the object as it is stored. */
export function refuseEncryptionOfRead(given: Given): void {
  refuseCustomerKeys(given);
  if (given.has("x-amz-server-side-encryption"))
    throw new S3Error(
      "InvalidArgument",
      "x-amz-server-side-encryption header is not supported for this operation.",
      {
        details: { ArgumentName: "x-amz-server-side-encryption" },
      },
    );
}

/** SSE-C, also when reading. */
export function refuseCustomerKeys(given: Given): void {
  for (const name of given.keys())
    if (/^x-amz-(?:copy-source-)?server-side-encryption-customer-/.test(name))
      throw new S3Error("NotImplemented", "SSE-C is not supported here; use AES256.", {
        details: { Header: name },
      });
}

export function isSealed(version: Pick<VersionRecord, "seal" | "parts">): boolean {
  return version.seal !== undefined || version.parts?.some((part) => part.seal !== undefined) === true;
}

export function encryptionHeaders(sealed: boolean): Record<string, string> {
  return sealed ? { "x-amz-server-side-encryption": "AES256" } : {};
}
