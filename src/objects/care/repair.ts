import { decodeRepair } from "#objects/catalog/care-rows.ts";
import { pageRows, type CarePorts, type Work } from "./care-ports.ts";
import { moveShard } from "./move-shard.ts";

/** Shards that are made anew at once: enough to keep drives busy, few enough to leave them to clients. */
const atOnce = 2;

/** Makes the shards anew that wait for it, then the copies of journal segments. What cannot be done now stays queued. */
export function repairWork(ports: CarePorts): Work {
  return async ({ signal, progress }) => {
    const totalItems = ports.rows.page("repair", undefined, 20_000).rows.length;
    let done = 0;
    let moved = 0;
    let bytes = 0;
    let after: Uint8Array | undefined;
    // Bounded by the table: each row is looked at once.
    do {
      const { rows, next } = ports.rows.page("repair", after, pageRows);
      for (let at = 0; at < rows.length; at += atOnce) {
        signal.throwIfAborted();
        const some = rows.slice(at, at + atOnce).map(decodeRepair);
        const repaired = await Promise.all(some.map(async (row) => await repairOne(ports, row)));
        moved += repaired.filter((size) => size > 0).length;
        bytes += repaired.reduce((sum, size) => sum + size, 0);
        done += some.length;
        progress({
          doneItems: done,
          totalItems: Math.max(done, totalItems),
          doneBytes: bytes,
          totalBytes: bytes,
        });
      }
      after = next;
    } while (after !== undefined);
    const copies = await ports.journal.repairCopies(undefined, signal);
    const waiting = ports.rows.page("repair", undefined, 20_000).rows.length;
    const rest =
      waiting + copies.short.length === 0
        ? "nothing waits"
        : `${waiting} shards and ${copies.short.length} segments wait for a drive that can take them`;
    return `${moved} shards and ${copies.doneSegments - copies.short.length} segments repaired; ${rest}`;
  };
}

/** Answers the bytes that were made anew: 0 when there was nothing to do, or nothing could be done. */
async function repairOne(
  ports: CarePorts,
  { extentId, shard }: { readonly extentId: string; readonly shard: number },
): Promise<number> {
  const found = ports.rows.extent(extentId);
  if (found === undefined) {
    await ports.rows.dropRepair([{ extentId, shard }]);
    return 0;
  }
  const { extent } = found;
  // A drive that does not answer says nothing of the shard: it is not good until it was read.
  const state = await ports.shards.verifyShard(extent, shard).catch(() => "missing" as const);
  if (state === "good") {
    await ports.rows.dropRepair([{ extentId, shard }]);
    return 0;
  }
  const moved = await moveShard(ports, extent, shard);
  return moved === "moved" ? Math.ceil(extent.size / extent.k) : 0;
}
