import { extentsFolder } from "#objects/drive/paths.ts";
import type { CarePorts, WorkProgress } from "./care-ports.ts";
import type { FoundExtent } from "./found-bodies.ts";

/** What a scan of the drives works with: nothing of it needs the journal. */
export type ScanPorts = Pick<CarePorts, "drives" | "disk" | "shards">;

/**
 * Every extent that lies on the drives, with where its shards are now, and what one of them says of it. What is in quarantine was deleted, and is left there.
 * Throws when a drive fails: what it holds must not be taken for lost.
 */
export async function scanDrives(
  ports: ScanPorts,
  storeId: string,
  signal: AbortSignal,
  progress: (progress: WorkProgress) => void,
): Promise<readonly FoundExtent[]> {
  const places = new Map<string, Map<number, number>>();
  for (const { number } of ports.drives())
    for (const { extentId, shard } of await shardsOn(ports, number, signal)) {
      const shards = places.get(extentId) ?? new Map<number, number>();
      places.set(extentId, shards.set(shard, number));
    }
  const found: FoundExtent[] = [];
  let doneItems = 0;
  let doneBytes = 0;
  for (const [extentId, shards] of places) {
    signal.throwIfAborted();
    const extent = await describe(ports, storeId, extentId, shards);
    if (extent !== undefined) found.push(extent);
    doneItems += 1;
    doneBytes += extent?.extent.size ?? 0;
    progress({ doneItems, totalItems: places.size, doneBytes, totalBytes: 0 });
  }
  return found;
}

async function shardsOn(
  { disk }: ScanPorts,
  drive: number,
  signal: AbortSignal,
): Promise<readonly { readonly extentId: string; readonly shard: number }[]> {
  const names: string[] = [];
  for (const folder of (await disk(drive)?.list(extentsFolder).catch(emptyWhenMissing)) ?? []) {
    signal.throwIfAborted();
    names.push(...((await disk(drive)?.list(`${extentsFolder}/${folder}`)) ?? []));
  }
  return names.flatMap((name) => {
    const [, extentId, shard] = /^([0-9a-f]{32})\.(\d{1,2})$/.exec(name) ?? [];
    return extentId === undefined ? [] : [{ extentId, shard: Number(shard) }];
  });
}

/** The first shard that tells; one that is damaged is not the only one to ask. */
async function describe(
  { shards }: ScanPorts,
  storeId: string,
  extentId: string,
  places: ReadonlyMap<number, number>,
): Promise<FoundExtent | undefined> {
  for (const [shard, drive] of places) {
    const { header, description } =
      (await shards.describeShard(extentId, shard, drive).catch(() => undefined)) ?? {};
    if (header?.extentId !== extentId || header.storeId !== storeId || description === undefined) continue;
    const { k, m, chunkBytes } = header;
    const drives = Array.from({ length: k + m }, (_, index) => places.get(index) ?? -1);
    return { extent: { id: extentId, size: description.extent.size, k, m, chunkBytes, drives }, description };
  }
  return undefined;
}

function emptyWhenMissing(error: unknown): readonly string[] {
  if ((error as { readonly code?: unknown }).code === "ENOENT") return []; // errors of a disk carry the system's code
  throw error;
}
