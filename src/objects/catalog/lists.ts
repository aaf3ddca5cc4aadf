import type { ListEntry, ListObjects, ListPage } from "#objects/catalog.ts";
import type { Index } from "./index-contract.ts";
import { justAfter, objectKeyAt, successor, textKey } from "./keys.ts";
import { decodeHead } from "./rows.ts";

/** Rows that are read at once where a common prefix may come next. */
const firstRead = 4;

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
  let from: Uint8Array = afterMarker(bucketId, begin, input);
  // With a delimiter few rows may be shown themselves: it begins with few, and reads more while they are.
  let count = input.delimiter === "" ? input.limit + 1 : firstRead;
  for (;;) {
    const heads = index.heads(from, end, objectKeyAt, count);
    let seek: Uint8Array | undefined;
    for (const [key, head] of heads) {
      if (entries.length >= input.limit) return { entries, isTruncated: true };
      const prefix = commonPrefix(key, input);
      if (prefix === undefined) {
        entries.push(objectEntry(key, head));
        continue;
      }
      entries.push({ type: "prefix", prefix });
      seek = successor(textKey("current", bucketId, prefix));
      break;
    }
    const last = heads.at(-1);
    if (last === undefined || (seek === undefined && heads.length < count))
      return { entries, isTruncated: false };
    from = seek ?? justAfter(textKey("current", bucketId, last[0]));
    count = seek === undefined ? Math.min(count * 4, input.limit + 1) : firstRead;
  }
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

function objectEntry(key: string, head: string): ListEntry {
  const { kinds, ...shown } = decodeHead(head);
  if (kinds === "") return { type: "object", key, ...shown };
  return { type: "object", key, ...shown, checksums: checksumKinds(kinds) };
}

/** Objects have few different ones. */
function checksumKinds(kinds: string): ChecksumKinds {
  const known = kindsOf.get(kinds);
  if (known !== undefined) return known;
  const parsed = kinds.split(",").map((kind) => {
    const [algorithm = "", type = ""] = kind.split("/");
    return { algorithm, type };
  });
  if (kindsOf.size < kindsMax) kindsOf.set(kinds, parsed);
  return parsed;
}
type ChecksumKinds = readonly { readonly algorithm: string; readonly type: string }[];
const kindsMax = 100;
const kindsOf = new Map<string, ChecksumKinds>();
