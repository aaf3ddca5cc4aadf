import type { BucketRecord, SealRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";

import { customerKeyOf, type CustomerKey } from "./customer-key.ts";

type Given = ReadonlyMap<string, string>;

/** How a new body is sealed: by the operator's key (SSE-S3), the customer's (SSE-C), or not. */
export interface Encryption {
  readonly encrypt: boolean;
  readonly customerKey?: CustomerKey;
}

/** What the request says, or else the bucket. A key service is refused: nothing would be worse than claiming one. */
export function encryptionOf(given: Given, bucket: BucketRecord): Encryption {
  const wanted = given.get("x-amz-server-side-encryption");
  const customerKey = customerKeyOf(given);
  if (customerKey !== undefined) {
    if (wanted !== undefined)
      throw new S3Error("InvalidArgument", "SSE-C and x-amz-server-side-encryption exclude each other.");
    return { encrypt: false, customerKey };
  }
  if (wanted === undefined) {
    if (given.has("x-amz-server-side-encryption-aws-kms-key-id"))
      throw new S3Error("InvalidArgument", "A KMS key needs x-amz-server-side-encryption: aws:kms.");
    return { encrypt: bucket.encryption === "AES256" };
  }
  if (wanted.startsWith("aws:kms"))
    throw new S3Error("NotImplemented", "SSE-KMS is not supported here; use AES256.");
  if (wanted !== "AES256") throw new S3Error("InvalidEncryptionAlgorithmError");
  return { encrypt: true };
}

/** What a read cannot ask for: it takes the object as it is stored. */
export function refuseEncryptionOfRead(given: Given): void {
  if (given.has("x-amz-server-side-encryption"))
    throw new S3Error(
      "InvalidArgument",
      "x-amz-server-side-encryption header is not supported for this operation.",
      {
        details: { ArgumentName: "x-amz-server-side-encryption" },
      },
    );
}

/** After a write. */
export function encryptionHeaders({ encrypt, customerKey }: Encryption): Record<string, string> {
  if (customerKey !== undefined) return customerHeaders(customerKey);
  return encrypt ? { "x-amz-server-side-encryption": "AES256" } : {};
}

/** Of what is stored; `customerKey` is the one that opened it. */
export function sealHeaders(
  seal: SealRecord | undefined,
  customerKey: CustomerKey | undefined,
): Record<string, string> {
  if (customerKey !== undefined) return customerHeaders(customerKey);
  if (seal === undefined) return {};
  return seal.customer === true
    ? { "x-amz-server-side-encryption-customer-algorithm": "AES256" }
    : { "x-amz-server-side-encryption": "AES256" };
}

function customerHeaders({ md5 }: CustomerKey): Record<string, string> {
  return {
    "x-amz-server-side-encryption-customer-algorithm": "AES256",
    "x-amz-server-side-encryption-customer-key-md5": md5,
  };
}
