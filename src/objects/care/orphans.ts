import { quarantinedShardPath } from "#objects/data/local-shards.ts";
import type { Disk } from "#objects/disk.ts";
import {
  extentFolder,
  extentsFolder,
  quarantineFolder,
  shardPath,
  temporaryFolder,
} from "#objects/drive/paths.ts";
import { chunkBytes } from "#objects/limits.ts";
import type { ExtentRef } from "#objects/records.ts";
import type { CarePorts } from "./care-ports.ts";
import { setAside } from "./move-shard.ts";

/** Younger files may belong to an upload that is under way. No upload of one extent lasts so long. */
export const orphanAgeMs = 24 * 3_600_000;
/** Extents that one look hands over; the next finds the rest. */
const orphansMax = 10_000;
const shardName = /^([0-9a-f]{32})\.(\d{1,2})$/;

/**
 * Shards of extents that no record and no garbage row knows: of uploads whose front was killed, and of what was deleted while their drive was away. They are handed over as
 * garbage, so they stay in quarantine for days, and are looked up again before they go. Shards whose record names another drive, because they were moved while this one was away,
 * go into quarantine.
 */
export async function findOrphans(ports: CarePorts, signal: AbortSignal): Promise<number> {
  const found = new Map<string, Map<number, number>>();
  for (const { number } of ports.drives())
    for (const folder of await foldersOf(ports, number)) {
      signal.throwIfAborted();
      for (const { extentId, shard } of await oldShards(ports, number, folder)) {
        if (ports.rows.ownerOf(extentId) !== undefined) {
          if (folder !== quarantineFolder) await setOldAside(ports, { extentId, shard, drive: number });
        } else if (found.size < orphansMax)
          found.set(extentId, (found.get(extentId) ?? new Map<number, number>()).set(shard, number));
      }
    }
  for (const { number } of ports.drives()) await removeOldDrafts(ports, number);
  const extents: ExtentRef[] = [];
  for (const [extentId, shards] of found) extents.push(await describe(ports, extentId, shards));
  if (extents.length > 0) await ports.catalog.discard({ extents });
  return extents.length;
}

/** Where shards lie on a drive. */
async function foldersOf(ports: CarePorts, drive: number): Promise<readonly string[]> {
  const names =
    (await ports
      .disk(drive)
      ?.list(extentsFolder)
      .catch(() => [])) ?? [];
  return [quarantineFolder, ...names.map((name) => `${extentsFolder}/${name}`)];
}

/** Of repairs that were killed; nobody reads them. */
async function removeOldDrafts(ports: CarePorts, drive: number): Promise<void> {
  const disk = ports.disk(drive);
  for (const name of (await disk?.list(temporaryFolder).catch(() => [])) ?? []) {
    const path = `${temporaryFolder}/${name}`;
    if (disk === undefined || !shardName.test(name) || (await isOld(ports, disk, path)) !== true) continue;
    await disk.unlink(path).catch(() => undefined); // the next scan finds it again
  }
}

interface Place {
  readonly extentId: string;
  readonly shard: number;
  readonly drive: number;
}

/** Whether the file is where no record looks for it. Garbage is not: its row says where its shards are. */
function isStray(ports: CarePorts, { extentId, shard, drive }: Place): boolean {
  const extent = ports.rows.extent(extentId)?.extent;
  return extent !== undefined && extent.drives[shard] !== drive;
}

async function setOldAside(ports: CarePorts, place: Place): Promise<void> {
  if (!isStray(ports, place)) return;
  await setAside(ports, place);
  const disk = ports.disk(place.drive);
  const aside = quarantinedShardPath(place);
  if (disk === undefined || (await isOld(ports, disk, aside)) !== false) return;
  // A repair was making this shard here anew just then: what was moved is its file.
  await disk.rename(aside, shardPath(place.extentId, place.shard));
  await disk.syncDirectory(extentFolder(place.extentId));
}

async function oldShards(
  ports: CarePorts,
  drive: number,
  folder: string,
): Promise<readonly { readonly extentId: string; readonly shard: number }[]> {
  const disk = ports.disk(drive);
  const names = (await disk?.list(folder).catch(() => [])) ?? [];
  const old: { readonly extentId: string; readonly shard: number }[] = [];
  for (const name of names) {
    const [, extentId = "", text = ""] = shardName.exec(name) ?? [];
    if (extentId === "" || disk === undefined) continue;
    const shard = Number(text);
    const isKnown = ports.rows.ownerOf(extentId) !== undefined;
    if (isKnown && !isStray(ports, { extentId, shard, drive })) continue;
    if ((await isOld(ports, disk, `${folder}/${name}`)) === true) old.push({ extentId, shard });
  }
  return old;
}

/** Undefined: the drive does not say, or it is gone. */
async function isOld({ clock }: CarePorts, disk: Disk, path: string): Promise<boolean | undefined> {
  const found = await disk.stat(path).catch(() => undefined);
  return found && clock.now() - found.modifiedAt > orphanAgeMs;
}

/** As its header has it. Without any, as after a crash in the middle of its first write, it is still known where its shards lie. */
async function describe(
  ports: CarePorts,
  extentId: string,
  shards: ReadonlyMap<number, number>,
): Promise<ExtentRef> {
  const width = Math.max(...shards.keys()) + 1;
  let coding = { k: width, m: 0, chunkBytes };
  for (const [shard, drive] of shards) {
    const header = (await ports.shards.describeShard(extentId, shard, drive).catch(() => undefined))?.header;
    if (header === undefined || header.extentId !== extentId) continue;
    const { k, m, chunkBytes: bytes } = header;
    coding = { k, m, chunkBytes: bytes };
    break;
  }
  const drives = Array.from(
    { length: Math.max(width, coding.k + coding.m) },
    (_, index) => shards.get(index) ?? -1,
  );
  return { id: extentId, size: 0, ...coding, drives };
}
