import type { CompleteUpload } from "#objects/catalog.ts";
import { partNumberMax } from "#objects/limits.ts";
import type { UploadRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { malformed, parseXml, type XmlElement } from "../xml/parse.ts";
import { only, optionalInteger, optionalText, requiredText } from "../xml/read.ts";
import { leaf, xmlDocument } from "../xml/write.ts";
import { emptyAnswer, quoted, xmlAnswer } from "./answer.ts";
import { checksumAlgorithms, checksumElement, checksumElements, givenChecksum } from "./checksums.ts";
import { entityTags, writeCondition } from "./conditions.ts";
import { customerKeyOf, openedBy, sealOf } from "./customer-key.ts";
import { sealHeaders } from "./encryption-headers.ts";
import { expirationHeader } from "./expiration.ts";
import { bucketOf, keyOf, newCallId, uploadIdOf, writerOf } from "./request.ts";
import { uploadOf } from "./upload-part.ts";
import { newVersionHeader } from "./version-headers.ts";

/** 10,000 parts with a SHA-256 each. */
const completeXmlMaxBytes = 4 * 1024 * 1024;

export async function completeMultipartUpload(
  request: VerifiedRequest,
  store: ObjectStore,
): Promise<S3Response> {
  const bucket = bucketOf(request);
  const key = keyOf(request);
  const uploadId = uploadIdOf(request);
  const document = await request.body.bytes(completeXmlMaxBytes);
  const parts = partsOf(parseXml(document, "CompleteMultipartUpload"));
  const checksum = givenChecksum(request.headers);
  const size = objectSize(request.headers.get("x-amz-mp-object-size"));
  const upload = await openUpload(request, store);
  const customerKey = upload && openedBy(customerKeyOf(request.headers), upload.keyCheck);
  if (upload !== undefined) checkType(request.headers.get("x-amz-checksum-type"), upload);
  const { version } = await store.catalog.completeUpload({
    callId: newCallId(store),
    bucket: bucket.name,
    key,
    uploadId,
    parts,
    writer: writerOf(request),
    ...writeCondition(request.headers),
    ...(checksum === undefined ? {} : { checksum }),
    ...(size === undefined ? {} : { size }),
  });
  return xmlAnswer(
    xmlDocument(
      "CompleteMultipartUploadResult",
      leaf("Location", locationOf(request, bucket.name, key)),
      leaf("Bucket", bucket.name),
      leaf("Key", key),
      leaf("ETag", quoted(version.etag)),
      checksumElements(version.checksums),
    ),
    {
      ...newVersionHeader(version),
      ...sealHeaders(sealOf(version), customerKey),
      ...expirationHeader(bucket, version),
    },
  );
}

/** An upload that is gone may have been completed by this very request before: the catalog says so. */
async function openUpload(request: VerifiedRequest, store: ObjectStore): Promise<UploadRecord | undefined> {
  try {
    return await uploadOf(request, store);
  } catch (error) {
    if (error instanceof S3Error && error.code === "NoSuchUpload") return undefined;
    throw error;
  }
}

/** What the client takes the checksum of the whole for must be what it is. Without a choice at the start it is a CRC-64/NVME of the whole. */
function checkType(given: string | undefined, upload: UploadRecord): void {
  const type = upload.checksum?.type ?? "FULL_OBJECT";
  if (given !== undefined && given.toUpperCase() !== type)
    throw new S3Error("BadDigest", `The upload was begun with checksums of the type ${type}.`);
}

export async function abortMultipartUpload(
  request: VerifiedRequest,
  store: ObjectStore,
): Promise<S3Response> {
  await store.catalog.abortUpload({
    callId: newCallId(store),
    bucket: bucketOf(request).name,
    key: keyOf(request),
    uploadId: uploadIdOf(request),
  });
  return emptyAnswer(204);
}

/** Where the object can be fetched; by path, which works under every name of this service. */
export function locationOf(request: VerifiedRequest, bucket: string, key: string): string {
  const path = key.split("/").map(encodeURIComponent).join("/");
  return `http://${request.headers.get("host") ?? "localhost"}/${bucket}/${path}`;
}

function partsOf(root: XmlElement): CompleteUpload["parts"] {
  only(root, ["Part"]);
  if (root.children.length === 0 || root.children.length > partNumberMax)
    throw malformed(`CompleteMultipartUpload takes 1 to ${partNumberMax} parts.`);
  return root.children.map(partOf);
}

function partOf(element: XmlElement): CompleteUpload["parts"][number] {
  only(element, ["PartNumber", "ETag", ...checksumAlgorithms.map(checksumElement)]);
  const number = optionalInteger(element, "PartNumber") ?? 0;
  if (number < 1 || number > partNumberMax)
    throw new S3Error("InvalidArgument", `PartNumber must be from 1 to ${partNumberMax}.`);
  const [etag] = entityTags(requiredText(element, "ETag"));
  if (etag === undefined) throw malformed("ETag must not be empty.");
  const checksums = Object.fromEntries(
    checksumAlgorithms.flatMap((algorithm) => {
      const value = optionalText(element, checksumElement(algorithm))?.trim();
      return value === undefined ? [] : [[algorithm, value] as const];
    }),
  );
  return { number, etag, ...(Object.keys(checksums).length === 0 ? {} : { checksums }) };
}

function objectSize(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (!/^\d{1,15}$/.test(header))
    throw new S3Error("InvalidRequest", "x-amz-mp-object-size must be a number of bytes.");
  return Number(header);
}
