import type { VersionPart, VersionRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { branch, leaf, xmlDocument } from "../xml/write.ts";
import { httpDate, xmlAnswer } from "./answer.ts";
import { checksumElement, checksumElements } from "./checksums.ts";
import { keyOfVersion } from "./customer-key.ts";
import { findVersion } from "./find-version.ts";
import { versionIdHeader } from "./version-headers.ts";

const known = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];

export async function getObjectAttributes(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const wanted = (request.headers.get("x-amz-object-attributes") ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (wanted.length === 0 || wanted.some((name) => !known.includes(name)))
    throw new S3Error("InvalidArgument", `x-amz-object-attributes lists some of ${known.join(", ")}.`, {
      details: { ArgumentName: "x-amz-object-attributes" },
    });
  const { version, bucket } = await findVersion(request, store);
  keyOfVersion(request.headers, version);
  const when = (name: string, element: () => string) => (wanted.includes(name) ? element() : "");
  return xmlAnswer(
    xmlDocument(
      "GetObjectAttributesResponse",
      when("ETag", () => leaf("ETag", version.etag)),
      when("Checksum", () =>
        version.checksums.length === 0 ? "" : branch("Checksum", checksumElements(version.checksums)),
      ),
      when("ObjectParts", () => objectParts(request, version)),
      when("StorageClass", () => leaf("StorageClass", "STANDARD")),
      when("ObjectSize", () => leaf("ObjectSize", version.size)),
    ),
    {
      "last-modified": httpDate(version.lastModified),
      ...versionIdHeader(bucket, version.versionId),
    },
  );
}

function objectParts(request: VerifiedRequest, version: VersionRecord): string {
  const { parts } = version;
  if (parts === undefined) return "";
  const limit = Math.min(headerNumber(request, "x-amz-max-parts", 1000), 1000);
  const after = headerNumber(request, "x-amz-part-number-marker", 0);
  const later = parts.filter((part) => part.number > after);
  const page = later.slice(0, limit);
  // As at S3: single parts are only told when they carry the checksum that the object was uploaded with.
  const isChecked =
    version.checksums[0]?.type === "COMPOSITE" || parts.some((part) => checksumOf(part, version));
  return branch(
    "ObjectParts",
    leaf("PartsCount", parts.length),
    leaf("PartNumberMarker", after),
    leaf("NextPartNumberMarker", page.at(-1)?.number ?? 0),
    leaf("MaxParts", limit),
    leaf("IsTruncated", page.length < later.length),
    ...(isChecked ? page.map((part) => partElement(part, version)) : []),
  );
}

function partElement(part: VersionPart, version: VersionRecord): string {
  return branch("Part", leaf("PartNumber", part.number), leaf("Size", part.size), checksumOf(part, version));
}

function checksumOf(part: VersionPart, version: VersionRecord): string {
  const algorithm = version.checksums[0]?.algorithm;
  const own = part.checksums?.find((checksum) => checksum.algorithm === algorithm);
  return own === undefined ? "" : leaf(checksumElement(own.algorithm), own.value);
}

function headerNumber(request: VerifiedRequest, name: string, absent: number): number {
  const text = request.headers.get(name);
  if (text === undefined) return absent;
  if (!/^\d{1,6}$/.test(text))
    throw new S3Error("InvalidArgument", `${name} must be a whole number.`, {
      details: { ArgumentName: name, ArgumentValue: text },
    });
  return Number(text);
}
