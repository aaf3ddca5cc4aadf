import type { ExtentRef } from "#objects/records.ts";
import { extentFolder } from "#objects/drive/paths.ts";
import type { CarePorts } from "./care-ports.ts";

/** Younger files may belong to an upload that is under way. No upload of one extent lasts so long. */
export const orphanAgeMs = 24 * 3_600_000;
/** Extents that one look hands over; the next finds the rest. */
const orphansMax = 10_000;
const prefixes = Array.from({ length: 256 }, (_, number) => number.toString(16).padStart(2, "0"));

/**
 * Shards of extents that no record and no garbage row knows: of uploads whose front was killed. They are handed over as garbage, so they stay in quarantine for days, and are looked up
 * again before they go.
 */
export async function findOrphans(ports: CarePorts, signal: AbortSignal): Promise<number> {
  const found = new Map<string, Map<number, number>>();
  for (const { number } of ports.drives())
    for (const prefix of prefixes) {
      signal.throwIfAborted();
      for (const { extentId, shard } of await oldShards(ports, number, prefix)) {
        if (ports.rows.ownerOf(extentId) !== undefined || found.size >= orphansMax) continue;
        found.set(extentId, (found.get(extentId) ?? new Map<number, number>()).set(shard, number));
      }
    }
  const extents: ExtentRef[] = [];
  for (const [extentId, shards] of found) {
    const extent = await describe(ports, extentId, shards);
    if (extent !== undefined) extents.push(extent);
  }
  if (extents.length > 0) await ports.catalog.discard({ extents });
  return extents.length;
}

async function oldShards(
  ports: CarePorts,
  drive: number,
  prefix: string,
): Promise<readonly { readonly extentId: string; readonly shard: number }[]> {
  const disk = ports.disk(drive);
  const folder = extentFolder(prefix.padEnd(32, "0"));
  const names = (await disk?.list(folder).catch(() => [])) ?? [];
  const old: { readonly extentId: string; readonly shard: number }[] = [];
  for (const name of names) {
    const [, extentId = "", shard = ""] = /^([0-9a-f]{32})\.(\d{1,2})$/.exec(name) ?? [];
    if (extentId === "" || ports.rows.ownerOf(extentId) !== undefined) continue;
    const modifiedAt = (await disk?.stat(`${folder}/${name}`).catch(() => undefined))?.modifiedAt;
    if (modifiedAt !== undefined && ports.clock.now() - modifiedAt > orphanAgeMs)
      old.push({ extentId, shard: Number(shard) });
  }
  return old;
}

async function describe(
  ports: CarePorts,
  extentId: string,
  shards: ReadonlyMap<number, number>,
): Promise<ExtentRef | undefined> {
  for (const [shard, drive] of shards) {
    const header = (await ports.shards.describeShard(extentId, shard, drive).catch(() => undefined))?.header;
    if (header === undefined || header.extentId !== extentId) continue;
    const { k, m, chunkBytes } = header;
    return {
      id: extentId,
      size: 0,
      k,
      m,
      chunkBytes,
      drives: Array.from({ length: k + m }, (_, index) => shards.get(index) ?? -1),
    };
  }
  return undefined;
}
