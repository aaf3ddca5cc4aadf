import { decodeGarbage } from "#objects/catalog/care-rows.ts";
import type { GarbageRow } from "#objects/catalog/extents.ts";
import { quarantinedShardPath } from "#objects/data/local-shards.ts";
import type { Disk } from "#objects/disk.ts";
import { quarantineFolder, shardPath } from "#objects/drive/paths.ts";
import { pageRows, type CarePorts, type Work } from "./care-ports.ts";
import { setAside } from "./move-shard.ts";

/** How long what nobody refers to is kept, so that a mistake of ours can be undone. */
export const quarantineMs = 7 * 24 * 3_600_000;
/** When drives fill up. Longer than any request may hold a record that it read. */
export const quarantineLeastMs = 10 * 60_000;
/** From this fill on, room is worth more than time. */
export const pressedFill = 0.85;

/** How long quarantine lasts now: in full while there is room, falling to the least between `pressedFill` and full. Pure. */
export function quarantineFor(fill: number): number {
  if (fill < pressedFill) return quarantineMs;
  const left = Math.max(0, 1 - fill) / (1 - pressedFill);
  return Math.round(quarantineLeastMs + (left > 0.5 ? left * (quarantineMs / 7) : 0));
}

/** Fill of the fullest drive. */
function worstFill(ports: CarePorts): number {
  return Math.max(
    0,
    ...ports.drives().map(({ freeBytes, totalBytes }) => 1 - freeBytes / Math.max(1, totalBytes)),
  );
}

/**
 * Two phases, because most losses of object stores came from cleaning up: what nobody refers to is set aside at once, and unlinked only at the end of quarantine, after
 * it was looked up again that nobody does.
 */
export function garbageWork(ports: CarePorts): Work {
  /** What this process set aside already; after a restart it is tried again, which does nothing. */
  const aside = new Set<string>();
  const strays = new Map<string, number>();
  return async ({ signal, progress }) => {
    const keepMs = quarantineFor(worstFill(ports));
    let purged = 0;
    let bytes = 0;
    let seen = 0;
    let after: Uint8Array | undefined;
    // Bounded by the table.
    do {
      const { rows, next } = ports.rows.page("garbage", after, pageRows);
      const due: GarbageRow[] = [];
      for (const garbage of rows.map(decodeGarbage)) {
        signal.throwIfAborted();
        seen += 1;
        if (ports.clock.now() - garbage.at < keepMs) await quarantine(ports, garbage, aside);
        else if (ports.rows.ownerOf(garbage.extent.id)?.type === "garbage" && (await unlink(ports, garbage)))
          due.push(garbage);
      }
      await ports.rows.forgetGarbage(due);
      for (const { extent } of due) aside.delete(extent.id);
      purged += due.length;
      bytes += due.reduce((sum, { extent }) => sum + extent.size, 0);
      progress({ doneItems: purged, totalItems: seen, doneBytes: bytes, totalBytes: bytes });
      after = next;
    } while (after !== undefined);
    await removeStrays(ports, strays, signal);
    return `${purged} extents removed, ${seen - purged} in quarantine`;
  };
}

async function quarantine(ports: CarePorts, { extent }: GarbageRow, aside: Set<string>): Promise<void> {
  if (aside.has(extent.id)) return;
  for (const [shard, drive] of extent.drives.entries())
    if (drive >= 0) await setAside(ports, { extentId: extent.id, shard, drive });
  aside.add(extent.id);
}

/** False when a drive that holds a shard of it does not answer: it is tried again another time. */
async function unlink(ports: CarePorts, { extent }: GarbageRow): Promise<boolean> {
  for (const [shard, drive] of extent.drives.entries()) {
    const disk = drive < 0 ? undefined : ports.disk(drive);
    if (disk === undefined) continue; // taken out; should it come back, the scan finds what is on it
    const name = { extentId: extent.id, shard };
    if (
      !(await removed(disk, quarantinedShardPath(name))) ||
      !(await removed(disk, shardPath(extent.id, shard)))
    )
      return false;
  }
  return true;
}

async function removed(disk: Disk, path: string): Promise<boolean> {
  try {
    await disk.unlink(path);
    return true;
  } catch (error) {
    return (error as { readonly code?: unknown }).code === "ENOENT"; // errors of a disk carry the system's code
  }
}

async function isThere(disk: Disk, path: string): Promise<boolean> {
  return await disk.stat(path).then(
    () => true,
    () => false, // it does not answer, or is not there: nothing is removed
  );
}

/** Old places of shards that were moved: in quarantine, of an extent whose record names another drive. Seen for `quarantineLeastMs` before they go. */
async function removeStrays(
  ports: CarePorts,
  strays: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const found = new Set<string>();
  for (const { number } of ports.drives()) {
    const disk = ports.disk(number);
    const names = (await disk?.list(quarantineFolder).catch(() => [])) ?? [];
    for (const name of names) {
      signal.throwIfAborted();
      const [, extentId = "", shard = ""] = /^([0-9a-f]{32})\.(\d{1,2})$/.exec(name) ?? [];
      const extent = extentId === "" ? undefined : ports.rows.extent(extentId)?.extent;
      if (extent === undefined || disk === undefined) continue;
      // It came back to this drive: only when the new file is there the one in quarantine is the old one.
      const isNamed = extent.drives[Number(shard)] === number;
      if (isNamed && !(await isThere(disk, shardPath(extentId, Number(shard))))) continue;
      const key = `${number}/${name}`;
      found.add(key);
      const since = strays.get(key) ?? ports.clock.monotonic();
      strays.set(key, since);
      if (ports.clock.monotonic() - since >= quarantineLeastMs)
        await removed(disk, `${quarantineFolder}/${name}`);
    }
  }
  for (const key of strays.keys()) if (!found.has(key)) strays.delete(key);
}
