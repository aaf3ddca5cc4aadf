import type { ListedUploads, ListUploads } from "#objects/catalog.ts";
import type { Index } from "./index-contract.ts";
import { sequenceOfId } from "./ids.ts";
import { escapedPrefix, justAfter, readSequencedKey, successor, uploadKey } from "./keys.ts";
import { commonPrefix, markerPrefix, type Page } from "./lists.ts";
import { decodeUpload } from "./rows.ts";

type Entry = ListedUploads["entries"][number];

/** ListMultipartUploads: by the bytes of the key, of one key in the order in which they were begun. */
export function listUploads(index: Index, bucketId: string, input: ListUploads): Page<Entry> {
  const begin = escapedPrefix("upload", bucketId, input.prefix);
  const end = successor(begin);
  const entries: Entry[] = [];
  if (input.limit === 0) return { entries, isTruncated: false };
  let from: Uint8Array | undefined = begin;
  const after = afterMarker(bucketId, input);
  if (after !== undefined && Buffer.compare(after, begin) > 0) from = after;
  while (from !== undefined) {
    const start: Uint8Array = from;
    from = undefined;
    for (const row of index.scan(start, end)) {
      if (entries.length >= input.limit) return { entries, isTruncated: true };
      const { key } = readSequencedKey(row.key);
      const prefix = commonPrefix(key, input);
      if (prefix === undefined) {
        entries.push({ type: "upload", upload: decodeUpload(bucketId, key, row.value) });
      } else {
        entries.push({ type: "prefix", prefix });
        from = successor(escapedPrefix("upload", bucketId, prefix));
        break;
      }
    }
  }
  return { entries, isTruncated: false };
}

function afterMarker(bucketId: string, input: ListUploads): Uint8Array | undefined {
  const { keyMarker, uploadIdMarker } = input;
  if (keyMarker === "") return undefined;
  const prefix = markerPrefix(keyMarker, input);
  if (prefix !== undefined) return successor(escapedPrefix("upload", bucketId, prefix));
  const sequence = uploadIdMarker === undefined ? undefined : sequenceOfId(uploadIdMarker);
  if (sequence !== undefined) return justAfter(uploadKey(bucketId, keyMarker, sequence));
  return successor(uploadKey(bucketId, keyMarker, Number.MAX_SAFE_INTEGER));
}
