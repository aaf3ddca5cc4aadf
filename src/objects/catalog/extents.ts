import type { MissingShard } from "#objects/catalog.ts";
import type { DataRef, ExtentRef } from "#objects/records.ts";
import { S3Error } from "#objects/s3-error.ts";
import { garbageKey, repairKey, textKey } from "./keys.ts";
import type { Planning } from "./planning.ts";
import { decodeJson, encodeJson, type ExtentOwner } from "./rows.ts";

/** A shard that should be and is not, or is not good. */
export interface RepairRow {
  readonly extentId: string;
  readonly shard: number;
  readonly at: number;
}
export interface GarbageRow {
  readonly extent: ExtentRef;
  readonly at: number;
}

export function extentsOf(data: DataRef): readonly ExtentRef[] {
  return data.at === "extents" ? data.extents : [];
}

/** Notes who refers to the extents. One extent has one owner: a second one, or one that was discarded, is refused. */
export function ownExtents(
  plan: Planning,
  extents: readonly ExtentRef[],
  owner: ExtentOwner,
  missing: readonly MissingShard[] = [],
): void {
  for (const extent of extents) {
    const key = textKey("extent", extent.id);
    if (plan.rows.get(key) !== undefined)
      throw new S3Error(
        "OperationAborted",
        "The stored bytes of this request were given up or used already.",
      );
    plan.rows.put(key, encodeJson(owner));
    for (const [shard, drive] of extent.drives.entries()) if (drive < 0) queueRepair(plan, extent.id, shard);
  }
  const ids = new Set(extents.map((extent) => extent.id));
  for (const { extentId, shard } of missing) if (ids.has(extentId)) queueRepair(plan, extentId, shard);
}

/** Gives extents to another owner, as when parts become a version. */
export function moveExtents(plan: Planning, extents: readonly ExtentRef[], owner: ExtentOwner): void {
  const value = encodeJson(owner);
  for (const extent of extents) plan.rows.put(textKey("extent", extent.id), value);
}

/** Nobody refers to these any more: the care part quarantines and unlinks them. */
export function dropExtents(plan: Planning, extents: readonly ExtentRef[]): void {
  for (const extent of extents) {
    plan.rows.put(
      textKey("extent", extent.id),
      encodeJson({ type: "garbage", at: plan.now } satisfies ExtentOwner),
    );
    plan.rows.put(garbageKey(plan.now, extent.id), encodeJson({ extent, at: plan.now } satisfies GarbageRow));
  }
}

/** Of an upload that failed. What has an owner was committed after all, and stays. */
export function planDiscard(plan: Planning, extents: readonly ExtentRef[]): void {
  dropExtents(
    plan,
    extents.filter((extent) => plan.rows.get(textKey("extent", extent.id)) === undefined),
  );
}

export function ownerOfExtent(
  rows: Pick<Planning["rows"], "get">,
  extentId: string,
): ExtentOwner | undefined {
  const row = rows.get(textKey("extent", extentId));
  return row === undefined ? undefined : (decodeJson(row.value) as ExtentOwner); // rows of `extent` hold nothing else
}

export function queueRepair(plan: Planning, extentId: string, shard: number): void {
  const key = repairKey(extentId, shard);
  if (plan.rows.get(key) !== undefined) return;
  plan.rows.put(key, encodeJson({ extentId, shard, at: plan.now } satisfies RepairRow));
}
