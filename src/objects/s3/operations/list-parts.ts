import type { PartRecord, UploadRecord } from "#objects/records.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { branch, leaf, xmlDocument } from "../xml/write.ts";
import { quoted, xmlAnswer, xmlTime } from "./answer.ts";
import { checksumElement } from "./checksums.ts";
import { ownerElement } from "./list-parameters.ts";
import { bucketOf, keyOf, numberOf, pageSizeOf, uploadIdOf } from "./request.ts";

export async function listParts(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const bucket = bucketOf(request);
  const key = keyOf(request);
  const uploadId = uploadIdOf(request);
  const after = numberOf(request, "part-number-marker", { absent: 0, min: 0, max: 2 ** 31 - 1 });
  const limit = pageSizeOf(request, "max-parts");
  const listed = await store.catalog.listParts({ bucket: bucket.name, key, uploadId, after, limit });
  const { upload } = listed;
  return xmlAnswer(
    xmlDocument(
      "ListPartsResult",
      leaf("Bucket", bucket.name),
      leaf("Key", key),
      leaf("UploadId", uploadId),
      ownerElement(upload.owner ?? bucket.project, "Initiator"),
      ownerElement(upload.owner ?? bucket.project),
      leaf("StorageClass", "STANDARD"),
      leaf("PartNumberMarker", after),
      leaf("NextPartNumberMarker", listed.parts.at(-1)?.number ?? 0),
      leaf("MaxParts", limit),
      leaf("IsTruncated", listed.isTruncated),
      leaf("ChecksumAlgorithm", upload.checksum?.algorithm),
      leaf("ChecksumType", upload.checksum?.type),
      ...listed.parts.map((part) => partElement(part, upload)),
    ),
  );
}

function partElement(part: PartRecord, upload: UploadRecord): string {
  return branch(
    "Part",
    leaf("PartNumber", part.number),
    leaf("LastModified", xmlTime(part.lastModified)),
    leaf("ETag", quoted(part.etag)),
    leaf("Size", part.size),
    ...part.checksums
      // CRC-64/NVME is kept beside each checksum for our own use; clients see what they chose.
      .filter((checksum, index) =>
        upload.checksum === undefined ? index === 0 : checksum.algorithm === upload.checksum.algorithm,
      )
      .map((checksum) => leaf(checksumElement(checksum.algorithm), checksum.value)),
  );
}
