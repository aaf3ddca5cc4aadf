import type { ExtentRef } from "#objects/records.ts";
import type { CarePorts, Work } from "./care-ports.ts";
import { extentsOfStore } from "./extents-of-store.ts";
import { findOrphans } from "./orphans.ts";

/** Reads every block of every shard and every copy of the journal, and queues what is not good. Then looks for shards that nobody knows. */
export function scrubWork(ports: CarePorts): Work {
  return async ({ signal, progress }) => {
    let seen = 0;
    let bad = 0;
    let bytes = 0;
    for await (const extent of extentsOfStore(ports, signal)) {
      const found = await badShards(ports, extent);
      if (found.length > 0) {
        await ports.rows.queueRepair(found.map((shard) => ({ extentId: extent.id, shard })));
        ports.count("checksumMismatches", found.length);
      }
      bad += found.length;
      seen += 1;
      bytes += Math.ceil((extent.size / extent.k) * (extent.k + extent.m));
      progress({ doneItems: seen, totalItems: seen, doneBytes: bytes, totalBytes: bytes });
    }
    let copies = 0;
    for (const { number, isOpen } of ports.journal.segments()) {
      signal.throwIfAborted();
      if (isOpen) continue;
      const checks = await ports.journal.verifySegment(number);
      copies += checks.filter(({ state }) => state === "damaged").length;
    }
    const orphans = await findOrphans(ports, signal);
    return `${seen} extents read: ${bad} shards and ${copies} copies of the journal were not good; ${orphans} that nobody knows were put into quarantine`;
  };
}

async function badShards(ports: CarePorts, extent: ExtentRef): Promise<readonly number[]> {
  const bad: number[] = [];
  for (const [shard, drive] of extent.drives.entries()) {
    if (drive >= 0 && ports.disk(drive) === undefined) continue; // the drive is in trouble as a whole
    const state = await ports.shards.verifyShard(extent, shard).catch(() => "unknown" as const);
    if (state === "missing" || state === "damaged") bad.push(shard);
  }
  return bad;
}
