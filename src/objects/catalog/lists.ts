import type { ListEntry, ListObjects, ListPage } from "#objects/catalog.ts";
import type { VersionRecord } from "#objects/records.ts";
import type { Index, Row } from "./index-contract.ts";
import { justAfter, readObjectKey, successor, textKey } from "./keys.ts";
import { decodeVersion } from "./rows.ts";

export interface Page<E> {
  readonly entries: readonly E[];
  readonly isTruncated: boolean;
}

/**
 * The common prefix that a key is shown as: up to and with the first delimiter after the prefix. Undefined: it is shown itself. `key` begins with the prefix.
 */
export function commonPrefix(
  key: string,
  { prefix, delimiter }: Pick<ListPage, "prefix" | "delimiter">,
): string | undefined {
  if (delimiter === "") return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** A marker that is, or lies in, a common prefix stands for all below that prefix. */
export function markerPrefix(
  marker: string,
  page: Pick<ListPage, "prefix" | "delimiter">,
): string | undefined {
  return marker.startsWith(page.prefix) ? commonPrefix(marker, page) : undefined;
}

/** ListObjects: newest versions that are objects, in the order of their keys' bytes. A common prefix is passed with one seek, whatever is below it. */
export function listObjects(index: Index, bucketId: string, input: ListObjects): Page<ListEntry> {
  const begin = textKey("current", bucketId, input.prefix);
  const end = successor(begin);
  const entries: ListEntry[] = [];
  if (input.limit === 0) return { entries, isTruncated: false };
  let from: Uint8Array | undefined = afterMarker(bucketId, begin, input);
  while (from !== undefined) {
    const start: Uint8Array = from;
    from = undefined;
    for (const row of index.scan(start, end)) {
      if (entries.length >= input.limit) return { entries, isTruncated: true };
      const key = readObjectKey(row.key);
      const prefix = commonPrefix(key, input);
      if (prefix === undefined) {
        entries.push(objectEntry(bucketId, key, row));
      } else {
        entries.push({ type: "prefix", prefix });
        from = successor(textKey("current", bucketId, prefix));
        break;
      }
    }
  }
  return { entries, isTruncated: false };
}

function afterMarker(bucketId: string, begin: Uint8Array, input: ListObjects): Uint8Array {
  if (input.after === "") return begin;
  const prefix = markerPrefix(input.after, input);
  const after =
    prefix === undefined
      ? justAfter(textKey("current", bucketId, input.after))
      : successor(textKey("current", bucketId, prefix));
  return Buffer.compare(after, begin) > 0 ? after : begin;
}

function objectEntry(bucketId: string, key: string, row: Row): ListEntry {
  const version: VersionRecord = decodeVersion(bucketId, key, row.value);
  const checksums = version.checksums.map(({ algorithm, type }) => ({ algorithm, type }));
  return {
    type: "object",
    key,
    size: version.size,
    etag: version.etag,
    lastModified: version.lastModified,
    ...(checksums.length === 0 ? {} : { checksums }),
  };
}
