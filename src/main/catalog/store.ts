import { join } from "node:path";
import {
  openSqliteIndex,
  removeSqliteIndex,
  SqliteIndexDamaged,
  type SqliteIndex,
} from "#drivers/sqlite/sqlite-index.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import type { Finding } from "#objects/catalog.ts";
import type { OpenedCatalog } from "#objects/catalog/create-catalog.ts";
import type { Index } from "#objects/catalog/index-contract.ts";
import { openCatalog } from "#objects/catalog/open-catalog.ts";
import type { ConfigurationChange, Sealer } from "#objects/catalog/settings.ts";
import { openJournal, type ReplicatedJournal } from "#objects/journal/journal.ts";
import type { DriveList } from "./drive-list.ts";
import type { StoreDrives } from "./store-drives.ts";
import { witnessFile } from "./witness-file.ts";

export interface StorePorts {
  readonly directory: DataDirectory;
  readonly list: DriveList;
  readonly drives: StoreDrives;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly onConfiguration: (change: ConfigurationChange) => Promise<void>;
  readonly onFindings: (findings: readonly Finding[]) => void;
  /** Another segment is open. */
  readonly onSegments: () => void;
  /** Called once: nothing more can be written; it must be opened again. */
  readonly onBroken: (cause: unknown) => void;
  /** Notifications that nobody gets. */
  readonly onDroppedEvents: (events: number) => void;
}

/** The truth, open: the journal over the drives, the index beside it, the catalog over both. */
export interface OpenStore extends OpenedCatalog {
  readonly index: Index;
  readonly journal: ReplicatedJournal;
  /** With it fronts may read the index beside us. */
  readonly indexToken: string;
  /** What is under way is written first. */
  close(): Promise<void>;
}

/** Throws `JournalError` when too few drives are there, or what they hold is not the newest state. */
export async function openStore(ports: StorePorts): Promise<OpenStore> {
  const { directory, list, drives, sealer, clock, random, log } = ports;
  const index = openIndex(directory.objectsIndex, log);
  let journal: ReplicatedJournal | undefined;
  try {
    journal = await openJournal({
      storeId: list.storeId,
      drives: drives.forJournal(),
      forgotten: list.forgotten,
      witness: witnessFile(join(directory.objects, "witness")),
      clock,
      random,
      events: {
        driveTrouble: (drive, error) => {
          log.warn("catalog.drive.trouble", { drive, error });
          drives.trouble(drive);
        },
        witnessTrouble: (error) => log.error("catalog.witness.failed", { error }),
        segmentMoved: ports.onSegments,
      },
    });
    const { onConfiguration, onFindings, onBroken, onDroppedEvents } = ports;
    const opened = await openCatalog({
      index,
      journal,
      clock,
      random,
      sealer,
      onConfiguration,
      onFindings,
      onBroken,
      onDroppedEvents,
    });
    const isOpen = journal;
    const indexToken = Buffer.from(random.bytes(16)).toString("hex");
    index.share(indexToken);
    const close = async () => {
      await isOpen.close();
      index.close();
    };
    return { ...opened, index, journal, indexToken, close };
  } catch (error) {
    await journal?.close();
    index.close();
    throw error;
  }
}

/** Of a store that is closed. */
export function removeIndex(directory: DataDirectory): void {
  removeSqliteIndex(directory.objectsIndex);
}

/** A torn index is no loss: everything in it is in the journal. */
function openIndex(path: string, log: Log): SqliteIndex {
  try {
    return openSqliteIndex(path);
  } catch (error) {
    if (!(error instanceof SqliteIndexDamaged)) throw error;
    log.warn("catalog.index.removed", { error });
    removeSqliteIndex(path);
    return openSqliteIndex(path);
  }
}
