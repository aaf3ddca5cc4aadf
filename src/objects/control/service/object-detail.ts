import type { ObjectDetail } from "#api/objects.ts";
import { isoTime } from "#lib/clock.ts";
import type { ObjectLayout } from "../../admin.ts";
import type { VersionRecord } from "../../records.ts";

/** One version as people see it, with where its bytes lie. */
export function objectDetail({ version, inline, extents }: ObjectLayout, isLatest: boolean): ObjectDetail {
  const { key, versionId, size, etag, lastModified, headers, tags, checksums, seal, retention } = version;
  const copies = inline === undefined ? [] : [inlineExtent(version, inline)];
  return {
    key,
    ...(versionId === "null" ? {} : { versionId }),
    isLatest,
    size,
    etag,
    ...(headers.contentType === undefined ? {} : { contentType: headers.contentType }),
    lastModified: isoTime(lastModified),
    metadata: { ...headers.user },
    tags: { ...tags },
    checksums: checksums.map(({ algorithm, type, value }) => ({ algorithm, type, value })),
    ...(isSealed(version) ? { encryption: seal?.algorithm ?? "AES256" } : {}),
    ...(retention === undefined
      ? {}
      : { retention: { mode: retention.mode, until: isoTime(retention.until) } }),
    legalHold: version.legalHold === true,
    storedAs: version.data.at,
    extents: [
      ...copies,
      ...extents.map(({ extent: { id, size: bytes, k, m }, shards }) => ({
        id,
        size: bytes,
        k,
        m,
        shards: shards.map((shard) => ({ ...shard })),
      })),
    ],
  };
}

/** Each part of a multipart object has a seal of its own. */
function isSealed({ seal, parts = [] }: VersionRecord): boolean {
  return seal !== undefined || parts.some((part) => part.seal !== undefined);
}

function inlineExtent(
  { size }: VersionRecord,
  { segment, offset, copies }: NonNullable<ObjectLayout["inline"]>,
): ObjectDetail["extents"][number] {
  return {
    id: `journal ${segment} at ${offset}`,
    size,
    k: 1,
    m: Math.max(0, copies.length - 1),
    shards: copies.map((copy) => ({ ...copy })),
  };
}
