import type { DriveView } from "#objects/records.ts";
import type { CarePorts, Work } from "./care-ports.ts";
import { extentsOfStore } from "./extents-of-store.ts";
import { moveShardTo } from "./move-shard.ts";

/** Drives whose fill differs by less are level enough: moving costs more than it gives. */
export const levelWithin = 0.05;

const fill = ({ freeBytes, totalBytes }: DriveView) => 1 - freeBytes / Math.max(1, totalBytes);

/** Which shard of an extent should go where, if any: from its fullest drive to the emptiest that holds none of it. Pure. */
export function levelMove(
  drives: readonly DriveView[],
  placed: readonly number[],
): { readonly shard: number; readonly to: number } | undefined {
  const usable = drives.filter(({ state, wanted }) => state === "ok" && wanted === "active");
  const own = usable.filter(({ number }) => placed.includes(number)).toSorted((a, b) => fill(b) - fill(a))[0];
  const other = usable
    .filter(({ number }) => !placed.includes(number))
    .toSorted((a, b) => fill(a) - fill(b))[0];
  if (own === undefined || other === undefined || fill(own) - fill(other) < levelWithin) return undefined;
  return { shard: placed.indexOf(own.number), to: other.number };
}

/** Moves shards to drives that have more room, such as one that was just added. */
export function rebalanceWork(ports: CarePorts): Work {
  return async ({ signal, progress }) => {
    let seen = 0;
    let moved = 0;
    let bytes = 0;
    // What we moved ourselves counts before the file systems say so.
    const shifted = new Map<number, number>();
    const drives = () =>
      ports
        .drives()
        .map((drive) => ({ ...drive, freeBytes: drive.freeBytes - (shifted.get(drive.number) ?? 0) }));
    for await (const extent of extentsOfStore(ports, signal)) {
      seen += 1;
      const move = levelMove(drives(), extent.drives);
      if (move === undefined) continue;
      const { shard, to } = move;
      const from = extent.drives[shard] ?? -1;
      if ((await moveShardTo(ports, extent, shard, to)) !== "moved") continue;
      const size = Math.ceil(extent.size / extent.k);
      shifted.set(to, (shifted.get(to) ?? 0) + size).set(from, (shifted.get(from) ?? 0) - size);
      moved += 1;
      bytes += size;
      progress({ doneItems: moved, totalItems: seen, doneBytes: bytes, totalBytes: bytes });
    }
    return moved === 0 ? "the drives are level" : `${moved} shards moved`;
  };
}
