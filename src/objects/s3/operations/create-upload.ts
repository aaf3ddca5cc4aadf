import { newCustomerDataKey } from "#objects/data/seal.ts";
import type { UploadRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { leaf, xmlDocument } from "../xml/write.ts";
import { xmlAnswer } from "./answer.ts";
import { algorithmOf } from "./checksums.ts";
import { encryptionHeaders } from "./encryption-headers.ts";
import { bucketOf, keyOf, newCallId, writerOf } from "./request.ts";
import { writeOptionsOf } from "./write-options.ts";

export async function createMultipartUpload(
  request: VerifiedRequest,
  store: ObjectStore,
): Promise<S3Response> {
  const bucket = bucketOf(request);
  const key = keyOf(request);
  const { encrypt, customerKey, ...options } = writeOptionsOf(request, bucket, key, store);
  const check = customerKey === undefined ? undefined : newCustomerDataKey(customerKey.key, store.random);
  const checksum = uploadChecksum(request.headers);
  const upload = await store.catalog.createUpload({
    callId: newCallId(store),
    bucket: bucket.name,
    upload: {
      key,
      ...options,
      ...(checksum === undefined ? {} : { checksum }),
      encrypted: encrypt,
      ...(check === undefined ? {} : { keyCheck: check.seal }),
      writer: writerOf(request),
    },
  });
  return xmlAnswer(
    xmlDocument(
      "InitiateMultipartUploadResult",
      leaf("Bucket", bucket.name),
      leaf("Key", key),
      leaf("UploadId", upload.uploadId),
    ),
    {
      ...encryptionHeaders(customerKey === undefined ? { encrypt } : { encrypt, customerKey }),
      ...(checksum === undefined
        ? {}
        : { "x-amz-checksum-algorithm": checksum.algorithm, "x-amz-checksum-type": checksum.type }),
    },
  );
}

/** Which checksum the upload carries. SHA of parts cannot be combined into one of the whole, and CRC-64/NVME always is. */
function uploadChecksum(headers: ReadonlyMap<string, string>): UploadRecord["checksum"] {
  const given = headers.get("x-amz-checksum-algorithm");
  const type = headers.get("x-amz-checksum-type")?.toUpperCase();
  if (given === undefined) {
    if (type === undefined) return undefined;
    throw new S3Error("InvalidRequest", "x-amz-checksum-type needs x-amz-checksum-algorithm.");
  }
  const algorithm = algorithmOf(given);
  if (type !== undefined && type !== "COMPOSITE" && type !== "FULL_OBJECT")
    throw new S3Error("InvalidRequest", "x-amz-checksum-type must be COMPOSITE or FULL_OBJECT.");
  const isSha = algorithm === "SHA1" || algorithm === "SHA256";
  if ((isSha && type === "FULL_OBJECT") || (algorithm === "CRC64NVME" && type === "COMPOSITE"))
    throw new S3Error("InvalidRequest", `The ${type} checksum type cannot be used with ${algorithm}.`);
  return { algorithm, type: type ?? (algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE") };
}
