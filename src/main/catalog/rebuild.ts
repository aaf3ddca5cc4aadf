import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { VdcError } from "#api/errors.ts";
import type { Random } from "#lib/random.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import type { Work, Works } from "#objects/care/care-ports.ts";
import { foundStore, type FoundStore } from "#objects/care/found-bodies.ts";
import { foundText, restoreFound } from "#objects/care/restore.ts";
import { scanDrives } from "#objects/care/scan-drives.ts";
import { journalFolder, segmentNumber } from "#objects/drive/paths.ts";
import { carePorts } from "./care.ts";
import type { CatalogProcess } from "./catalog-process.ts";
import type { StoreDrives } from "./store-drives.ts";

type Ports = Parameters<typeof carePorts>[1];

/** Works that open the store anew. */
export function rebuildWorks(process: CatalogProcess, ports: Ports): Works {
  return {
    "rebuild-index": async ({ progress }) => {
      process.requireOpen();
      progress({ doneItems: 0, totalItems: 1, doneBytes: 0, totalBytes: 0 });
      await process.rebuildIndex();
      progress({ doneItems: 1, totalItems: 1, doneBytes: 0, totalBytes: 0 });
      return `the index was made anew from ${process.store.journal.lastSequence} frames of the journal`;
    },
    "scan-preview": async (context) =>
      `a scan would bring back ${foundText(await scan(process, ports, context))}`,
    "scan-rebuild": scanRebuild(process, ports),
  };
}

function scanRebuild(process: CatalogProcess, ports: Ports): Work {
  return async (context) => {
    if (process.isServing)
      throw new VdcError("conflict", "the store serves: its journal is there, and knows more than a scan");
    const away = (process.drives?.views() ?? []).filter(
      ({ wanted, number }) => wanted !== "failed" && process.drives?.reachable(number) === undefined,
    );
    if (away.length > 0)
      throw new VdcError(
        "conflict",
        `drive ${away.map(({ number }) => number).join(", ")} is not there, and may hold the journal: mount it, or forget it first`,
      );
    let found: FoundStore | undefined;
    await process.openAnew({
      // Nothing is moved before all that can be read was read.
      before: async () => {
        found = await scan(process, ports, context);
      },
      fill: async (store) => {
        if (found !== undefined) await restoreFound(found, store, ports.random);
      },
    });
    return found === undefined ? "nothing was found" : `brought back: ${foundText(found)}`;
  };
}

async function scan(
  process: CatalogProcess,
  ports: Ports,
  { signal, progress }: Parameters<Work>[0],
): Promise<FoundStore> {
  const storeId = process.list?.storeId;
  if (storeId === undefined) throw new VdcError("unavailable", "the store's drives are not known yet");
  return foundStore(await scanDrives(carePorts(process, ports), storeId, signal, progress));
}

/**
 * Shards without any journal: opened like this, the store would begin empty, and days later collect all that it holds as garbage. Throws `VdcError` with what to do.
 */
export async function refuseLostJournal(drives: StoreDrives): Promise<void> {
  const names = async (number: number, folder: string) =>
    (await drives
      .reachable(number)
      ?.list(folder)
      .catch(() => [])) ?? [];
  const seen = await Promise.all(
    drives.all().map(async ({ record: { number } }) => ({
      segments: (await names(number, journalFolder)).filter((name) => segmentNumber(name) !== undefined),
      shards: await names(number, "extents"),
    })),
  );
  if (seen.some(({ segments }) => segments.length > 0) || seen.every(({ shards }) => shards.length === 0))
    return;
  throw new VdcError(
    "unavailable",
    "the drives hold objects, but none of them holds the journal: put back the drives that held it, or bring back what the shards say of themselves with `vdc object-store rebuild --scan`",
  );
}

/** While this is there, the journal holds only a part of what a scan found. */
export function pendingRebuild(directory: DataDirectory): { isThere(): boolean; begin(): void; end(): void } {
  const path = join(directory.objects, "scan-rebuild.pending");
  return {
    isThere: () => existsSync(path),
    begin: () => writeFileSync(path, "", { mode: 0o600, flush: true }),
    end: () => rmSync(path, { force: true }),
  };
}

/** What is left of the journal, its witness and its index is put beside: nothing of it is removed but the index. */
export async function setJournalAside(
  directory: DataDirectory,
  drives: StoreDrives,
  random: Random,
): Promise<void> {
  const suffix = Buffer.from(random.bytes(4)).toString("hex");
  for (const { record } of drives.all()) {
    const disk = drives.reachable(record.number);
    if (disk === undefined) continue;
    await disk.rename(journalFolder, `${journalFolder}.lost-${suffix}`).catch(ignoreMissing);
    await disk.makeDirectory(journalFolder);
    await disk.syncDirectory("");
  }
  const witness = join(directory.objects, "witness");
  if (existsSync(witness)) renameSync(witness, `${witness}.lost-${suffix}`);
}

function ignoreMissing(error: unknown): void {
  if ((error as { readonly code?: unknown }).code !== "ENOENT") throw error; // errors of a disk carry the system's code
}
