import { S3Error } from "#objects/s3-error.ts";
import { shardPath } from "#objects/drive/paths.ts";
import { quarantinedShardPath } from "#objects/data/local-shards.ts";
import type { ExtentRef } from "#objects/records.ts";
import type { CarePorts } from "./care-ports.ts";
import { chooseDrive } from "./choose-drive.ts";

/** What became of a shard. `stuck`: no drive can take it now, or too few others can be read; it stays queued. */
export type Moved = "moved" | "stuck" | "gone";

/** Makes one shard anew where it was, or elsewhere when that drive is not good. */
export async function moveShard(ports: CarePorts, extent: ExtentRef, shard: number): Promise<Moved> {
  const to = targetOf(ports, extent, extent.drives[shard] ?? -1);
  if (to === undefined) return "stuck";
  const moved = await moveShardTo(ports, extent, shard, to);
  if (moved === "moved") ports.count("repairedShards", 1);
  return moved;
}

/**
 * Makes one shard anew on `to` and lets the record name its new place. In this order: written and synced, then the record, then the old one is set aside. A crash in between leaves
 * one shard too many and never one too few.
 */
export async function moveShardTo(
  ports: CarePorts,
  extent: ExtentRef,
  shard: number,
  to: number,
): Promise<Moved> {
  const from = extent.drives[shard] ?? -1;
  try {
    await ports.shards.rebuildShard(extent, shard, to);
  } catch (error) {
    ports.log.warn("care.shard.stuck", { extent: extent.id, shard, to, error });
    return "stuck";
  }
  try {
    await ports.rows.placeShards(extent.id, [{ shard, from, to }]);
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return "gone"; // the object was deleted, or somebody else moved it: what we wrote is found by the scan
  }
  if (from >= 0 && from !== to) await setAside(ports, { extentId: extent.id, shard, drive: from });
  return "moved";
}

/** Where it was, when that drive is good again; otherwise another. */
function targetOf(ports: CarePorts, extent: ExtentRef, from: number): number | undefined {
  const drives = ports.drives();
  const own = drives.find(({ number }) => number === from);
  if (own?.state === "ok" && own.wanted === "active") return from;
  return chooseDrive(drives, extent.drives);
}

/** Into quarantine, where readers that still have the old record find it. Best effort: the drive may be the one that is dead. */
export async function setAside(
  ports: Pick<CarePorts, "disk">,
  place: { readonly extentId: string; readonly shard: number; readonly drive: number },
): Promise<void> {
  const disk = ports.disk(place.drive);
  if (disk === undefined) return;
  try {
    await disk.rename(shardPath(place.extentId, place.shard), quarantinedShardPath(place));
  } catch {
    // not there, or the drive does not answer: the scan for shards that nobody knows finds it
  }
}
