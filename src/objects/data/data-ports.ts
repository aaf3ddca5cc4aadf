import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import type { StoreCounter } from "#objects/admin.ts";
import type { Finding } from "#objects/catalog.ts";
import type { Slab } from "#objects/erasure/slab.ts";
import type { BlobPlace, DriveView, ExtentRef } from "#objects/records.ts";
import type { CutSizes } from "./data-limits.ts";
import type { DriveHealth } from "./drive-health.ts";
import type { MasterKeys } from "./seal.ts";
import type { ShardStore } from "./shard-store.ts";

/** What storing and reading work with. */
export interface DataPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly storeId: string;
  /** All drives of the store, as last heard. */
  readonly drives: () => readonly DriveView[];
  /** Where a drive's shards are; undefined when it cannot be reached at all. */
  readonly shards: (drive: number) => ShardStore | undefined;
  readonly health: DriveHealth;
  readonly sizes: CutSizes;
  /** Buffers of `slabBufferBytes` for what is being written. */
  readonly slab: Slab;
  readonly masterKeys: MasterKeys;
  /** Verified bytes of a blob, from any copy of its segment. */
  readonly readBlob: (place: BlobPlace, signal: AbortSignal) => Promise<Uint8Array>;
  /** Tells the catalog; must not throw. */
  readonly report: (finding: Finding) => void;
  /** Hands extents that nothing will refer to over to the garbage; must not throw. */
  readonly discard: (extents: readonly ExtentRef[]) => void;
  /** Counts what was masked from clients. */
  readonly count: (counter: StoreCounter) => void;
}
