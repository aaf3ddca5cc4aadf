import type { VersionRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { branch, leaf, xmlDocument } from "../xml/write.ts";
import { quoted, xmlAnswer, xmlTime } from "./answer.ts";
import { checksumKinds } from "./checksums.ts";
import { commonPrefix } from "./list-objects.ts";
import { listParametersOf, ownerElement } from "./list-parameters.ts";
import { bucketOf, pageSizeOf } from "./request.ts";

export async function listObjectVersions(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const bucket = bucketOf(request);
  const { prefix, delimiter, encode, echo } = listParametersOf(request);
  const keyMarker = request.query.get("key-marker") ?? "";
  const versionIdMarker = request.query.get("version-id-marker");
  if (versionIdMarker !== undefined && versionIdMarker !== "" && keyMarker === "")
    throw new S3Error("InvalidArgument", "A version-id-marker needs a key-marker.", {
      details: { ArgumentName: "version-id-marker", ArgumentValue: versionIdMarker },
    });
  const limit = pageSizeOf(request, "max-keys");
  const listed = await store.catalog.listVersions({
    bucket: bucket.name,
    prefix,
    delimiter,
    limit,
    keyMarker,
    ...(versionIdMarker === undefined || versionIdMarker === "" ? {} : { versionIdMarker }),
  });
  const entries = listed.entries.filter((entry) => entry.type === "version");
  const prefixes = listed.entries.filter((entry) => entry.type === "prefix");
  const { nextKeyMarker } = listed;
  return xmlAnswer(
    xmlDocument(
      "ListVersionsResult",
      leaf("Name", bucket.name),
      echo,
      leaf("KeyMarker", encode(keyMarker)),
      leaf("VersionIdMarker", versionIdMarker ?? ""),
      leaf("NextKeyMarker", nextKeyMarker === undefined ? undefined : encode(nextKeyMarker)),
      leaf("NextVersionIdMarker", listed.nextVersionIdMarker),
      leaf("MaxKeys", limit),
      leaf("IsTruncated", listed.isTruncated),
      ...entries.map((entry) => versionElement(entry.version, entry.isLatest, encode, bucket.project)),
      ...prefixes.map((entry) => commonPrefix(encode(entry.prefix))),
    ),
  );
}

function versionElement(
  version: VersionRecord,
  isLatest: boolean,
  encode: (name: string) => string,
  project: string,
): string {
  const owner = ownerElement(version.owner ?? project);
  const name =
    leaf("Key", encode(version.key)) +
    leaf("VersionId", version.versionId) +
    leaf("IsLatest", isLatest) +
    leaf("LastModified", xmlTime(version.lastModified));
  if (version.isDeleteMarker) return branch("DeleteMarker", name, owner);
  return branch(
    "Version",
    name,
    leaf("ETag", quoted(version.etag)),
    checksumKinds(version.checksums),
    leaf("Size", version.size),
    owner,
    leaf("StorageClass", "STANDARD"),
  );
}
