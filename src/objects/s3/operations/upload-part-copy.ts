import { putMaxBytes } from "#objects/limits.ts";
import type { ChecksumAlgorithm } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { leaf, xmlDocument } from "../xml/write.ts";
import { quoted, xmlAnswer, xmlTime } from "./answer.ts";
import { checksumElement } from "./checksums.ts";
import { copySourceVersionHeader } from "./copy-object.ts";
import { copySourceOf } from "./copy-source.ts";
import { encryptionHeaders } from "./encryption-headers.ts";
import { hashedCopy } from "./hashed-copy.ts";
import { copyRange } from "./range.ts";
import { readVersion } from "./read-version.ts";
import { bucketOf } from "./request.ts";
import { encryptionOfPart, partNumberOf, storePart, uploadOf } from "./upload-part.ts";

export async function uploadPartCopy(
  request: VerifiedRequest,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<S3Response> {
  const bucket = bucketOf(request);
  const number = partNumberOf(request);
  const upload = await uploadOf(request, store);
  const encryption = encryptionOfPart(request, upload);
  const source = await copySourceOf(request, store);
  const asked = request.headers.get("x-amz-copy-source-range");
  const range =
    asked === undefined ? { start: 0, end: source.version.size } : copyRange(asked, source.version.size);
  const size = range.end - range.start;
  if (size > putMaxBytes) throw new S3Error("InvalidRequest", "A part holds at most 5 GiB.");
  const own = upload.checksum?.algorithm;
  const algorithms: readonly ChecksumAlgorithm[] =
    own === undefined || own === "CRC64NVME" ? ["CRC64NVME"] : [own, "CRC64NVME"];
  const part = await storePart(
    store,
    hashedCopy(readVersion(store, source, range, signal), size, algorithms),
    { bucket: bucket.name, upload, number, encryption },
    signal,
  );
  const shown = part.checksums[0];
  return xmlAnswer(
    xmlDocument(
      "CopyPartResult",
      leaf("LastModified", xmlTime(part.lastModified)),
      leaf("ETag", quoted(part.etag)),
      shown === undefined ? "" : leaf(checksumElement(shown.algorithm), shown.value),
    ),
    { ...copySourceVersionHeader(source), ...encryptionHeaders(encryption) },
  );
}
