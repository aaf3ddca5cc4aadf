import type { VersionRecord } from "#objects/records.ts";
import type { Held, Rows } from "./draft.ts";
import { dropExtents, extentsOf } from "./extents.ts";
import { sequenceOfId } from "./ids.ts";
import { noncurrentKey, noncurrentKeyPrefix, prefixRange, textKey } from "./keys.ts";
import type { Planning } from "./planning.ts";
import {
  decodeJson,
  decodeVersion,
  encodeJson,
  encodeVersion,
  newestKey,
  versionOfNoncurrentRow,
} from "./rows.ts";

/** A version and where its row is. */
export interface Placed extends Held {
  readonly version: VersionRecord;
  readonly isLatest: boolean;
  readonly rowKey: Uint8Array;
}

type Reads = Pick<Rows, "get">;

/** The newest version of an object, be it a delete marker. */
export function findNewest(rows: Reads, bucketId: string, key: string): Placed | undefined {
  for (const table of ["current", "marker"] as const) {
    const rowKey = textKey(table, bucketId, key);
    const row = rows.get(rowKey);
    if (row !== undefined)
      return { version: decodeVersion(bucketId, key, row.value), isLatest: true, rowKey, ...heldBy(row) };
  }
  return undefined;
}

export function findVersion(
  rows: Reads,
  bucketId: string,
  key: string,
  versionId: string,
): Placed | undefined {
  const newest = findNewest(rows, bucketId, key);
  if (newest === undefined || newest.version.versionId === versionId) return newest;
  const sequence = versionId === "null" ? nullSequence(rows, bucketId, key) : sequenceOfId(versionId);
  if (sequence === undefined) return undefined;
  const rowKey = noncurrentKey(bucketId, key, sequence);
  const row = rows.get(rowKey);
  if (row === undefined) return undefined;
  const version = decodeVersion(bucketId, key, row.value);
  if (version.versionId !== versionId) return undefined;
  return { version, isLatest: false, rowKey, ...heldBy(row) };
}

/** Sequence of the "null" version when it is not the newest. */
export function nullSequence(rows: Reads, bucketId: string, key: string): number | undefined {
  const row = rows.get(textKey("nullAt", bucketId, key));
  return row === undefined ? undefined : Number(decodeJson(row.value));
}

/** Puts a new version on top of `newest`. A version with the id "null" takes the place of the one before it. */
export function addVersion(
  plan: Planning,
  version: VersionRecord,
  newest: Placed | undefined,
  held: Held = {},
): void {
  if (version.versionId === "null") dropNullVersion(plan, version, newest);
  else if (newest !== undefined) makeNoncurrent(plan, newest);
  plan.rows.put(newestKey(version), encodeVersion(version), held);
  plan.count(version.bucketId, counted(version, true, 1));
}

function dropNullVersion(plan: Planning, version: VersionRecord, newest: Placed | undefined): void {
  if (newest?.version.versionId === "null") {
    dropRow(plan, newest);
    return;
  }
  const older = findVersion(plan.rows, version.bucketId, version.key, "null");
  if (older !== undefined) dropRow(plan, older);
  if (newest !== undefined) makeNoncurrent(plan, newest);
}

function makeNoncurrent(plan: Planning, newest: Placed): void {
  const { bucketId, key, sequence, versionId } = newest.version;
  plan.rows.remove(newest.rowKey);
  plan.rows.put(
    noncurrentKey(bucketId, key, sequence),
    encodeVersion({ ...newest.version, noncurrentSince: plan.now }),
    newest,
  );
  if (versionId === "null") plan.rows.put(textKey("nullAt", bucketId, key), encodeJson(sequence));
  plan.count(bucketId, { objects: newest.version.isDeleteMarker ? 0 : -1 });
}

/** Removes one version for good; when it was the newest, the one before it is the newest again. */
export function dropVersion(plan: Planning, placed: Placed): void {
  dropRow(plan, placed);
  if (placed.isLatest) promote(plan, placed.version.bucketId, placed.version.key);
}

function dropRow(plan: Planning, { version, rowKey, isLatest }: Placed): void {
  plan.rows.remove(rowKey);
  dropExtents(plan, extentsOf(version.data));
  for (const part of version.parts ?? [])
    if (part.blob !== undefined) plan.rows.remove(textKey("blob", part.blob));
  if (!isLatest && version.versionId === "null")
    plan.rows.remove(textKey("nullAt", version.bucketId, version.key));
  plan.count(version.bucketId, counted(version, isLatest, -1));
}

function promote(plan: Planning, bucketId: string, key: string): void {
  const { from, to } = prefixRange(noncurrentKeyPrefix(bucketId, key));
  for (const row of plan.rows.scan(from, to)) {
    const { noncurrentSince: _, ...version } = versionOfNoncurrentRow(bucketId, row);
    plan.rows.remove(row.key);
    plan.rows.put(newestKey(version), encodeVersion(version), row);
    if (version.versionId === "null") plan.rows.remove(textKey("nullAt", bucketId, key));
    plan.count(bucketId, { objects: version.isDeleteMarker ? 0 : 1 });
    return;
  }
}

function counted(version: VersionRecord, isLatest: boolean, sign: 1 | -1) {
  const objects = isLatest && !version.isDeleteMarker ? sign : 0;
  return { objects, versions: sign, bytes: sign * version.size };
}

function heldBy(row: Held): Held {
  return {
    ...(row.place === undefined ? {} : { place: row.place }),
    ...(row.blob === undefined ? {} : { blob: row.blob }),
  };
}
