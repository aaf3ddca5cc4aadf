import type { ListedVersions, ListVersions } from "#objects/catalog.ts";
import type { VersionRecord } from "#objects/records.ts";
import type { Index, Row } from "./index-contract.ts";
import { sequenceOfId } from "./ids.ts";
import {
  escapedPrefix,
  noncurrentKey,
  noncurrentKeyPrefix,
  readObjectKey,
  readSequencedKey,
  successor,
  textKey,
} from "./keys.ts";
import { commonPrefix, markerPrefix, type Page } from "./lists.ts";
import { decodeVersion } from "./rows.ts";
import { nullSequence } from "./versions.ts";

type Entry = ListedVersions["entries"][number];
type NewestTable = "current" | "marker";

/** Where the walk goes on in each of the three tables. */
interface Position {
  readonly current: Uint8Array;
  readonly marker: Uint8Array;
  readonly noncurrent: Uint8Array;
}

/** ListObjectVersions: by the bytes of the key, of one key the newest first. */
export function listVersions(index: Index, bucketId: string, input: ListVersions): Page<Entry> {
  const begin = below(bucketId, input.prefix);
  const end = mapped(begin, successor);
  const entries: Entry[] = [];
  if (input.limit === 0) return { entries, isTruncated: false };
  let from: Position | undefined = later(begin, afterMarker(index, bucketId, input));
  while (from !== undefined) {
    const start: Position = from;
    from = undefined;
    for (const found of versionsFrom(index, bucketId, start, end)) {
      if (entries.length >= input.limit) return { entries, isTruncated: true };
      const prefix = commonPrefix(found.key, input);
      if (prefix === undefined) {
        entries.push({ type: "version", version: found.version(), isLatest: found.isLatest });
      } else {
        entries.push({ type: "prefix", prefix });
        from = mapped(below(bucketId, prefix), successor);
        break;
      }
    }
  }
  return { entries, isTruncated: false };
}

function afterMarker(index: Index, bucketId: string, input: ListVersions): Position | undefined {
  const { keyMarker, versionIdMarker } = input;
  if (keyMarker === "") return undefined;
  const prefix = markerPrefix(keyMarker, input);
  if (prefix !== undefined) return mapped(below(bucketId, prefix), successor);
  const rest = {
    current: textKey("current", bucketId, keyMarker, "\0"),
    marker: textKey("marker", bucketId, keyMarker, "\0"),
  };
  const sequence =
    versionIdMarker === undefined ? undefined : markerSequence(index, bucketId, keyMarker, versionIdMarker);
  return {
    ...rest,
    noncurrent:
      sequence === undefined
        ? successor(noncurrentKeyPrefix(bucketId, keyMarker))
        : successor(noncurrentKey(bucketId, keyMarker, sequence)),
  };
}

/** The marker may have been removed since: its sequence still says where it was. Of a "null" version that is gone nothing is known: its key is passed. */
function markerSequence(index: Index, bucketId: string, key: string, versionId: string): number | undefined {
  if (versionId !== "null") return sequenceOfId(versionId);
  const newest = index.get(textKey("current", bucketId, key)) ?? index.get(textKey("marker", bucketId, key));
  const version = newest === undefined ? undefined : decodeVersion(bucketId, key, newest.value);
  return version?.versionId === "null" ? version.sequence : nullSequence(index, bucketId, key);
}

interface FoundVersion {
  readonly key: string;
  readonly isLatest: boolean;
  readonly version: () => VersionRecord;
}

/** Of every key there is a row in `current` or in `marker`, and then those in `noncurrent`. */
function* versionsFrom(
  index: Index,
  bucketId: string,
  from: Position,
  to: Position,
): IterableIterator<FoundVersion> {
  const newest = (table: NewestTable) =>
    headed(index.scan(from[table], to[table]), (row) => readObjectKey(row.key));
  const heads = [
    newest("current"),
    newest("marker"),
    headed(index.scan(from.noncurrent, to.noncurrent), (row) => readSequencedKey(row.key).key),
  ];
  try {
    for (;;) {
      // Earlier heads win ties: the newest version comes before the others of its key.
      let first: Head | undefined;
      for (const head of heads)
        if (head.row !== undefined && (first?.row === undefined || head.compare(first) < 0)) first = head;
      const row = first?.row;
      if (first === undefined || row === undefined) return;
      const { key } = first;
      yield {
        key,
        isLatest: first !== heads[2],
        version: () => decodeVersion(bucketId, key, row.value),
      };
      first.next();
    }
  } finally {
    for (const head of heads) head.close();
  }
}

interface Head {
  readonly row: Row | undefined;
  readonly key: string;
  compare(other: Head): number;
  next(): void;
  close(): void;
  readonly bytes: Buffer;
}

function headed(rows: IterableIterator<Row>, keyOf: (row: Row) => string): Head {
  let row: Row | undefined;
  let key = "";
  let bytes = Buffer.alloc(0);
  const head: Head = {
    get row() {
      return row;
    },
    get key() {
      return key;
    },
    get bytes() {
      return bytes;
    },
    // Not `<` of strings: that orders by UTF-16.
    compare: (other) => Buffer.compare(bytes, other.bytes),
    next: () => {
      const step = rows.next();
      row = step.done === true ? undefined : step.value;
      if (row === undefined) return;
      key = keyOf(row);
      bytes = Buffer.from(key);
    },
    close: () => rows.return?.(),
  };
  head.next();
  return head;
}

function below(bucketId: string, prefix: string): Position {
  return {
    current: textKey("current", bucketId, prefix),
    marker: textKey("marker", bucketId, prefix),
    noncurrent: escapedPrefix("noncurrent", bucketId, prefix),
  };
}

function mapped(position: Position, change: (key: Uint8Array) => Uint8Array): Position {
  return {
    current: change(position.current),
    marker: change(position.marker),
    noncurrent: change(position.noncurrent),
  };
}

function later(a: Position, b: Position | undefined): Position {
  if (b === undefined) return a;
  const max = (x: Uint8Array, y: Uint8Array) => (Buffer.compare(x, y) >= 0 ? x : y);
  return {
    current: max(a.current, b.current),
    marker: max(a.marker, b.marker),
    noncurrent: max(a.noncurrent, b.noncurrent),
  };
}
