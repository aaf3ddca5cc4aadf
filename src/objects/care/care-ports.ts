import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { StoreCounter, WorkKind } from "#objects/admin.ts";
import type { Catalog } from "#objects/catalog.ts";
import type { CatalogCare } from "#objects/catalog/care.ts";
import type { Index } from "#objects/catalog/index-contract.ts";
import type { ShardCare } from "#objects/data/shard-care.ts";
import type { Disk } from "#objects/disk.ts";
import type { ReplicatedJournal } from "#objects/journal/journal.ts";
import type { BucketRecord, DriveView } from "#objects/records.ts";

/** What care of the store works with. */
export interface CarePorts {
  readonly catalog: Pick<Catalog, "remove" | "abortUpload" | "listVersions" | "listUploads" | "discard">;
  readonly rows: CatalogCare;
  readonly index: Pick<Index, "rowsInSegment">;
  readonly journal: Pick<ReplicatedJournal, "segments" | "retire" | "repairCopies" | "verifySegment">;
  readonly shards: Pick<ShardCare, "verifyShard" | "rebuildShard" | "describeShard">;
  readonly buckets: () => readonly BucketRecord[];
  readonly drives: () => readonly DriveView[];
  /** Undefined when it cannot be reached. */
  readonly disk: (drive: number) => Disk | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly count: (counter: StoreCounter, by: number) => void;
}

export interface WorkProgress {
  readonly doneItems: number;
  readonly totalItems: number;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** Long work on the store. Resolves with a sentence about what was done. */
export type Work = (context: {
  readonly drive?: number;
  readonly signal: AbortSignal;
  readonly progress: (progress: WorkProgress) => void;
}) => Promise<string>;

/** What can be done; each kind of work plugs in here. */
export type Works = Readonly<Partial<Record<WorkKind, Work>>>;

/** Rows that are looked at between two turns of everything else. */
export const pageRows = 200;
