import type { ExtentRef, VersionRecord } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { Cell, Rows } from "./draft.ts";
import { ownerOfExtent, type GarbageRow, type RepairRow } from "./extents.ts";
import type { Index, Row } from "./index-contract.ts";
import {
  garbageKey,
  justAfter,
  noncurrentKey,
  partKey,
  repairKey,
  tableRange,
  textKey,
  type Table,
} from "./keys.ts";
import type { Planning } from "./planning.ts";
import { decodeJson, decodePart, decodeVersion, encodeJson, encodeVersion } from "./rows.ts";
import { findNewest } from "./versions.ts";

/** Rows of one table in key order, in bounded pages: the index may change between two pages. */
export interface RowPage {
  readonly rows: readonly Row[];
  /** Given as `after` for the next page; undefined at the end. */
  readonly next?: Uint8Array;
}

export function tablePage(index: Index, table: Table, after: Uint8Array | undefined, limit: number): RowPage {
  const { from, to } = tableRange(table);
  const rows: Row[] = [];
  for (const row of index.scan(after === undefined ? from : justAfter(after), to)) {
    rows.push(row);
    if (rows.length >= limit) return { rows, next: row.key };
  }
  return { rows };
}

export function decodeGarbage(row: Row): GarbageRow {
  return decodeJson(row.value) as GarbageRow; // rows of `garbage` hold nothing else
}
export function decodeRepair(row: Row): RepairRow {
  return decodeJson(row.value) as RepairRow; // rows of `repair` hold nothing else
}

/** The extent as its owner's record has it now, and that record's row. Undefined: garbage, or unknown. */
export function findExtent(
  rows: Pick<Rows, "get">,
  extentId: string,
):
  | {
      readonly extent: ExtentRef;
      readonly rowKey: Uint8Array;
      readonly cell: Cell;
      readonly version?: VersionRecord;
    }
  | undefined {
  const owner = ownerOfExtent(rows, extentId);
  if (owner === undefined || owner.type === "garbage") return undefined;
  if (owner.type === "part") {
    const rowKey = partKey(owner.uploadSequence, owner.number);
    const cell = rows.get(rowKey);
    const extent = cell && extentIn(decodePart(cell.value).data, extentId);
    return cell && extent && { extent, rowKey, cell };
  }
  const newest = findNewest(rows, owner.bucketId, owner.key);
  const rowKey =
    newest?.version.sequence === owner.sequence
      ? newest.rowKey
      : noncurrentKey(owner.bucketId, owner.key, owner.sequence);
  const cell = rows.get(rowKey);
  if (cell === undefined) return undefined;
  const version = decodeVersion(owner.bucketId, owner.key, cell.value);
  const extent = extentIn(version.data, extentId);
  return extent && { extent, rowKey, cell, version };
}

/**
 * Shards were written to other drives (repair, rebalance): the record names them from now on, and what waited for their repair is done. Throws
 * OperationAborted when the record is gone, or names other drives than `from`: the shards that were written are garbage then.
 */
export function planPlaceShards(
  plan: Planning,
  extentId: string,
  moves: readonly { readonly shard: number; readonly from: number; readonly to: number }[],
): void {
  const found = findExtent(plan.rows, extentId);
  if (found === undefined) throw new S3Error("OperationAborted", "The extent is not referred to any more.");
  const drives = [...found.extent.drives];
  for (const { shard, from, to } of moves) {
    if (drives[shard] !== from) throw new S3Error("OperationAborted", "The shard was moved meanwhile.");
    drives[shard] = to;
    plan.rows.remove(repairKey(extentId, shard));
  }
  const placed = { ...found.extent, drives };
  plan.rows.put(found.rowKey, withExtent(found, placed), found.cell);
}

function withExtent(found: NonNullable<ReturnType<typeof findExtent>>, placed: ExtentRef): Uint8Array {
  const swap = (extents: readonly ExtentRef[]) =>
    extents.map((extent) => (extent.id === placed.id ? placed : extent));
  if (found.version?.data.at === "extents")
    return encodeVersion({
      ...found.version,
      data: { at: "extents", extents: swap(found.version.data.extents) },
    });
  const part = decodePart(found.cell.value);
  return encodeJson(
    part.data.at === "extents"
      ? { ...part, data: { at: "extents", extents: swap(part.data.extents) } }
      : part,
  );
}

function extentIn(data: VersionRecord["data"], extentId: string): ExtentRef | undefined {
  return data.at === "extents" ? data.extents.find(({ id }) => id === extentId) : undefined;
}

/** The shards are unlinked: nothing is known of the extent any more. What has an owner again is left alone. */
export function planForgetGarbage(plan: Planning, garbage: readonly GarbageRow[]): void {
  for (const { extent, at } of garbage) {
    if (ownerOfExtent(plan.rows, extent.id)?.type !== "garbage") continue;
    plan.rows.remove(textKey("extent", extent.id));
    plan.rows.remove(garbageKey(at, extent.id));
    for (const shard of extent.drives.keys()) plan.rows.remove(repairKey(extent.id, shard));
  }
}
