import { VdcError } from "#api/errors.ts";
import type { CarePorts, Work } from "./care-ports.ts";
import { isGivenUp } from "./choose-drive.ts";
import { extentsOfStore } from "./extents-of-store.ts";
import { moveShard } from "./move-shard.ts";

/**
 * Empties a drive: every shard on it is made anew elsewhere from the others, so it does not matter whether the drive can still be read. Then journal segments get copies on others.
 */
export function drainWork(ports: CarePorts): Work {
  return async ({ drive, signal, progress }) => {
    if (drive === undefined) throw new VdcError("invalid", "say which drive is emptied");
    const record = ports.drives().find(({ number }) => number === drive);
    if (record?.wanted === "active" && !isGivenUp(record, ports.clock.now()))
      throw new VdcError("conflict", "the drive is active: set it to drained or failed first");
    let done = 0;
    let stuck = 0;
    let bytes = 0;
    let seen = 0;
    for await (const extent of extentsOfStore(ports, signal)) {
      seen += 1;
      const shard = extent.drives.indexOf(drive);
      if (shard < 0) continue;
      const moved = await moveShard(ports, extent, shard);
      if (moved === "stuck") {
        stuck += 1;
        await ports.rows.queueRepair([{ extentId: extent.id, shard }]);
      } else {
        done += 1;
        bytes += Math.ceil(extent.size / extent.k);
      }
      progress({
        doneItems: done,
        totalItems: Math.max(seen, done + stuck),
        doneBytes: bytes,
        totalBytes: bytes,
      });
    }
    const { short } = await ports.journal.repairCopies(undefined, signal);
    if (stuck + short.length > 0)
      throw new VdcError(
        "busy",
        `${stuck} shards and ${short.length} segments have no other place: add a drive, then it goes on by itself`,
      );
    return `${done} shards moved; the drive is empty`;
  };
}
