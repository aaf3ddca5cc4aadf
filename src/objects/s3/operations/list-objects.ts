import type { ListEntry, Listed } from "#objects/catalog.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { ObjectStore, S3Response } from "#objects/s3/operation.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { escapeXml } from "../xml/escape.ts";
import { branch, leaf, xmlDocument } from "../xml/write.ts";
import { xmlAnswer, xmlTime } from "./answer.ts";
import { checksumKinds } from "./checksums.ts";
import { listParametersOf, ownerElement, type ListParameters } from "./list-parameters.ts";
import { bucketOf, pageSizeOf } from "./request.ts";

export async function listObjects(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const bucket = bucketOf(request);
  const parameters = listParametersOf(request, true);
  const marker = request.query.get("marker") ?? "";
  const limit = pageSizeOf(request, "max-keys");
  const listed = await list(store, bucket.name, parameters, limit, marker);
  const { encode } = parameters;
  // S3 only says where to go on when there is a delimiter; otherwise the last key says it.
  const next = listed.isTruncated && parameters.delimiter !== "" ? listed.next : undefined;
  return xmlAnswer(
    xmlDocument(
      "ListBucketResult",
      leaf("Name", bucket.name),
      parameters.echo,
      leaf("Marker", encode(marker)),
      leaf("NextMarker", next === undefined ? undefined : encode(next)),
      leaf("MaxKeys", limit),
      leaf("IsTruncated", listed.isTruncated),
      entryElements(listed.entries, encode, ownerElement(bucket.project)),
    ),
  );
}

export async function listObjectsV2(request: VerifiedRequest, store: ObjectStore): Promise<S3Response> {
  const bucket = bucketOf(request);
  if (request.query.get("list-type") !== "2")
    throw new S3Error("InvalidArgument", "list-type must be 2.", {
      details: { ArgumentName: "list-type", ArgumentValue: request.query.get("list-type") ?? "" },
    });
  const parameters = listParametersOf(request);
  const token = request.query.get("continuation-token");
  const startAfter = request.query.get("start-after");
  const limit = pageSizeOf(request, "max-keys");
  const after = token === undefined || token === "" ? (startAfter ?? "") : keyOfToken(token);
  const listed = await list(store, bucket.name, parameters, limit, after);
  const { encode } = parameters;
  const next = listed.isTruncated ? listed.next : undefined;
  const owner = request.query.get("fetch-owner") === "true" ? ownerElement(bucket.project) : "";
  return xmlAnswer(
    xmlDocument(
      "ListBucketResult",
      leaf("Name", bucket.name),
      parameters.echo,
      leaf("ContinuationToken", token),
      leaf("NextContinuationToken", next === undefined ? undefined : tokenOfKey(next)),
      leaf("StartAfter", startAfter === undefined ? undefined : encode(startAfter)),
      leaf("KeyCount", listed.entries.length),
      leaf("MaxKeys", limit),
      leaf("IsTruncated", listed.isTruncated),
      entryElements(listed.entries, encode, owner),
    ),
  );
}

function list(
  store: ObjectStore,
  bucket: string,
  parameters: ListParameters,
  limit: number,
  after: string,
): Promise<Listed> {
  const { prefix, delimiter } = parameters;
  return store.catalog.list({ bucket, prefix, delimiter, limit, after });
}

/** Continuation tokens are opaque to clients: the last key, in base64url. */
function tokenOfKey(key: string): string {
  return Buffer.from(key, "utf8").toString("base64url");
}

function keyOfToken(token: string): string {
  const key = Buffer.from(token, "base64url").toString("utf8");
  if (tokenOfKey(key) !== token)
    throw new S3Error("InvalidArgument", "The continuation token is not one of ours.", {
      details: { ArgumentName: "continuation-token" },
    });
  return key;
}

/** Contents, then common prefixes. Hot: a page has 1,000 entries, and clients list by the million. */
function entryElements(
  entries: readonly ListEntry[],
  encode: (name: string) => string,
  owner: string,
): string {
  let contents = "";
  let prefixes = "";
  for (const entry of entries) {
    if (entry.type === "prefix") prefixes += commonPrefix(encode(entry.prefix));
    else
      contents += `<Contents><Key>${escapeXml(encode(entry.key))}</Key><LastModified>${xmlTime(entry.lastModified)}</LastModified><ETag>&quot;${entry.etag}&quot;</ETag>${checksumKinds(entry.checksums)}<Size>${entry.size}</Size>${owner}<StorageClass>STANDARD</StorageClass></Contents>`;
  }
  return contents + prefixes;
}

export function commonPrefix(prefix: string): string {
  return branch("CommonPrefixes", leaf("Prefix", prefix));
}
