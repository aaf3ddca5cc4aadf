import type { UploadRecord } from "#objects/records.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { branch, leaf, xmlDocument } from "../xml/write.ts";
import { xmlAnswer, xmlTime } from "./answer.ts";
import { commonPrefix } from "./list-objects.ts";
import { listParametersOf, ownerElement } from "./list-parameters.ts";
import { bucketOf, pageSizeOf } from "./request.ts";

export async function listMultipartUploads(
  request: VerifiedRequest,
  store: ObjectStore,
): Promise<S3Response> {
  const bucket = bucketOf(request);
  const { prefix, delimiter, encode, echo } = listParametersOf(request);
  const keyMarker = request.query.get("key-marker") ?? "";
  // S3 ignores the marker of an upload when no key stands beside it.
  const uploadIdMarker = keyMarker === "" ? undefined : request.query.get("upload-id-marker");
  const limit = pageSizeOf(request, "max-uploads");
  const listed = await store.catalog.listUploads({
    bucket: bucket.name,
    prefix,
    delimiter,
    limit,
    keyMarker,
    ...(uploadIdMarker === undefined || uploadIdMarker === "" ? {} : { uploadIdMarker }),
  });
  const uploads = listed.entries.filter((entry) => entry.type === "upload");
  const prefixes = listed.entries.filter((entry) => entry.type === "prefix");
  return xmlAnswer(
    xmlDocument(
      "ListMultipartUploadsResult",
      leaf("Bucket", bucket.name),
      leaf("KeyMarker", encode(keyMarker)),
      leaf("UploadIdMarker", uploadIdMarker ?? ""),
      leaf("NextKeyMarker", encode(listed.nextKeyMarker ?? "")),
      leaf("NextUploadIdMarker", listed.nextUploadIdMarker ?? ""),
      echo,
      leaf("MaxUploads", limit),
      leaf("IsTruncated", listed.isTruncated),
      ...uploads.map((entry) => uploadElement(entry.upload, encode, bucket.project)),
      ...prefixes.map((entry) => commonPrefix(encode(entry.prefix))),
    ),
  );
}

function uploadElement(upload: UploadRecord, encode: (name: string) => string, project: string): string {
  const owner = upload.owner ?? project;
  return branch(
    "Upload",
    leaf("Key", encode(upload.key)),
    leaf("UploadId", upload.uploadId),
    ownerElement(owner, "Initiator"),
    ownerElement(owner),
    leaf("StorageClass", "STANDARD"),
    leaf("Initiated", xmlTime(upload.startedAt)),
    leaf("ChecksumAlgorithm", upload.checksum?.algorithm),
    leaf("ChecksumType", upload.checksum?.type),
  );
}
