import { partNumberMax } from "#objects/limits.ts";
import type { PartRecord, StoredChecksum, UploadRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { emptyAnswer, quoted } from "./answer.ts";
import { checksumHeaders, partChecksums } from "./checksums.ts";
import { customerKeyOf, openedBy } from "./customer-key.ts";
import { describePart } from "./describe-record.ts";
import { encryptionHeaders, type Encryption } from "./encryption-headers.ts";
import { bodySource } from "./put-object.ts";
import { bucketOf, keyOf, newCallId, numberOf, uploadIdOf } from "./request.ts";
import {
  boundedChunks,
  discardRefused,
  refuseTooLarge,
  sealOptions,
  type ObjectSource,
} from "./store-object.ts";

export async function uploadPart(
  request: VerifiedRequest,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<S3Response> {
  const { body } = request;
  const upload = await uploadOf(request, store);
  const encryption = encryptionOfPart(request, upload);
  const algorithm = upload.checksum?.algorithm;
  // A client may leave it to us, as with the whole object: then it is what the answer says.
  if (algorithm !== undefined) body.alsoCompute(algorithm);
  const part = await storePart(
    store,
    {
      ...bodySource(request),
      digest: () => {
        const digest = body.digest();
        return { size: digest.size, md5: digest.md5, checksums: partChecksums(digest, algorithm) };
      },
    },
    { bucket: bucketOf(request).name, upload, number: partNumberOf(request), encryption },
    signal,
  );
  return emptyAnswer(200, {
    etag: quoted(part.etag),
    ...checksumHeaders(part.checksums.slice(0, 1)),
    ...encryptionHeaders(encryption),
  });
}

/** Throws NoSuchUpload; before any byte is stored. */
export async function uploadOf(request: VerifiedRequest, store: ObjectStore): Promise<UploadRecord> {
  const bucket = bucketOf(request).name;
  return store.catalog.findUpload({ bucket, key: keyOf(request), uploadId: uploadIdOf(request) });
}

/** Every part is sealed as the upload began; a customer's key must be the same one, or the object could not be read as one. */
export function encryptionOfPart(request: VerifiedRequest, upload: UploadRecord): Encryption {
  const customerKey = openedBy(customerKeyOf(request.headers), upload.keyCheck);
  return customerKey === undefined ? { encrypt: upload.encrypted } : { encrypt: false, customerKey };
}

export function partNumberOf(request: VerifiedRequest): number {
  return numberOf(request, "partNumber", { absent: 0, min: 1, max: partNumberMax });
}

export async function storePart(
  store: ObjectStore,
  source: ObjectSource,
  target: {
    readonly bucket: string;
    readonly upload: UploadRecord;
    readonly number: number;
    readonly encryption: Encryption;
  },
  signal: AbortSignal,
): Promise<PartRecord> {
  const { upload, number } = target;
  refuseTooLarge(source.size);
  const stored = await store.data.store(boundedChunks(source), {
    ...(source.size === undefined ? {} : { expectedSize: source.size }),
    ...sealOptions(target.encryption),
    // A scan of the drives must find every part of an object, also a short last one.
    neverInline: true,
    describe: () => describePart(store, source, target),
    signal,
  });
  return discardRefused(store, stored, async () => {
    const { size, md5, checksums } = source.digest();
    requireAlgorithm(upload, checksums);
    return store.catalog.putPart(
      {
        callId: newCallId(store),
        bucket: target.bucket,
        key: upload.key,
        part: {
          uploadId: upload.uploadId,
          number,
          size,
          etag: md5,
          checksums,
          data: stored.data,
          ...(stored.seal === undefined ? {} : { seal: stored.seal }),
        },
      },
      stored.blob,
    );
  });
}

/** A part with another checksum than the upload was begun with is refused: the whole could not be made of it. */
function requireAlgorithm(upload: UploadRecord, checksums: readonly StoredChecksum[]): void {
  const wanted = upload.checksum?.algorithm;
  if (wanted === undefined || checksums.some((checksum) => checksum.algorithm === wanted)) return;
  throw new S3Error(
    "InvalidRequest",
    `Checksum Type mismatch occurred, expected checksum Type: ${wanted.toLowerCase()}, actual checksum Type: ${checksums[0]?.algorithm.toLowerCase() ?? "null"}`,
  );
}
