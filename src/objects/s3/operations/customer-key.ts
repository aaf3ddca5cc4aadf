import { createHash } from "node:crypto";
import { openCustomerDataKey } from "#objects/data/seal.ts";
import type { SealRecord, VersionRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";

type Given = ReadonlyMap<string, string>;

/** The key of SSE-C, for one request. It is never kept, logged or answered; the hash is answered, because it came with the request. */
export interface CustomerKey {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** Base64. */
  readonly md5: string;
}

const ofObject = "x-amz-server-side-encryption-customer-";
const ofSource = "x-amz-copy-source-server-side-encryption-customer-";

/** The key that the headers carry, or undefined. Throws when something of it is missing or does not fit together. */
export function customerKeyOf(given: Given, prefix: string = ofObject): CustomerKey | undefined {
  const algorithm = given.get(`${prefix}algorithm`);
  const text = given.get(`${prefix}key`);
  const md5 = given.get(`${prefix}key-md5`);
  if (algorithm === undefined && text === undefined && md5 === undefined) return undefined;
  if (algorithm === undefined || text === undefined || md5 === undefined)
    throw new S3Error(
      "InvalidArgument",
      "Server Side Encryption with a customer provided key needs algorithm, key and key MD5.",
    );
  if (algorithm !== "AES256") throw new S3Error("InvalidEncryptionAlgorithmError");
  const key = Buffer.from(text, "base64");
  if (key.length !== 32 || key.toString("base64") !== text)
    throw new S3Error("InvalidArgument", "The secret key was invalid for the specified algorithm.");
  if (createHash("md5").update(key).digest("base64") !== md5)
    throw new S3Error(
      "InvalidArgument",
      "The calculated MD5 hash of the key did not match the hash that was provided.",
    );
  return { key, md5 };
}

/** The key that opens this version: checked against what it was sealed with, before a byte or a header of it is given out. */
export function keyOfVersion(given: Given, version: VersionRecord): CustomerKey | undefined {
  return openedBy(customerKeyOf(given), sealOf(version));
}

/** The same for the source of a copy. */
export function keyOfSource(given: Given, version: VersionRecord): CustomerKey | undefined {
  return openedBy(customerKeyOf(given, ofSource), sealOf(version));
}

/** `seal`: what an object, or the check of an upload, was wrapped in. Throws InvalidRequest unless the key is asked for and fits. */
export function openedBy(
  key: CustomerKey | undefined,
  seal: SealRecord | undefined,
): CustomerKey | undefined {
  if (seal?.customer !== true) {
    if (key === undefined) return undefined;
    throw new S3Error("InvalidRequest", "The encryption parameters are not applicable to this object.");
  }
  if (key === undefined)
    throw new S3Error(
      "InvalidRequest",
      "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.",
    );
  if (openCustomerDataKey(key.key, seal) === undefined)
    throw new S3Error(
      "InvalidRequest",
      "The provided encryption parameters did not match the ones used originally.",
    );
  return key;
}

/** How a version is sealed. All parts of one have the same kind. */
export function sealOf({ seal, parts }: Pick<VersionRecord, "seal" | "parts">): SealRecord | undefined {
  return seal ?? parts?.find((part) => part.seal !== undefined)?.seal;
}
