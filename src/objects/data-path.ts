import type { BlobPlace, DataRef, ExtentRef, SealRecord } from "#objects/records.ts";
import type { MissingShard } from "#objects/catalog.ts";

/**
 * Bodies in, bodies out; knows nothing of S3. What it stores is garbage until the catalog commits a record that refers to it. Remote S3 services
 * as drives will be another implementation of what lies under it (`data/shard-store.ts`).
 */
export interface DataPath {
  /**
   * Takes a body to its end. Up to `inlineMaxBytes` it comes back as bytes for the journal; longer ones are extents, synced on as many drives as the
   * commit rule asks. A body that fails (`source` throws) leaves nothing that is not discarded. Throws S3Error SlowDown when no drives could take it in time.
   */
  store(source: AsyncIterable<Uint8Array>, options: StoreOptions): Promise<Stored>;
  /**
   * Bytes `start` (inclusive) to `end` (exclusive) of what was put in, in pieces of at most 1 MiB, each verified before it is given out. The reader may keep the pieces, and must not change them.
   * Throws S3Error SlowDown when too few shards answer in time.
   */
  read(
    what: Readable,
    range: { readonly start: number; readonly end: number },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>;
  /** For a version that was not committed after all. */
  discard(stored: Stored): void;
}

export interface StoreOptions {
  /** Bytes, when the client said so. */
  readonly expectedSize?: number;
  /** Sealed with SSE-S3. */
  readonly encrypt: boolean;
  /** Sealed for this key of 32 bytes instead (SSE-C); nothing of it is kept. */
  readonly customerKey?: Uint8Array;
  /** A short body becomes an extent too, so that a scan of the drives finds it. */
  readonly neverInline?: true;
  /** Called once at the end of the body: what is written into the shard files so that a scan can rebuild metadata. */
  readonly describe: () => Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

export interface Stored {
  readonly data: DataRef;
  /** Given to `Catalog.commit` or `putPart` when `data` is inline. */
  readonly blob?: Uint8Array;
  readonly seal?: SealRecord;
  readonly missingShards: readonly MissingShard[];
}

/** One run of bytes that was stored by one call of `store`. */
export interface Readable {
  /** Of the plain body. */
  readonly size: number;
  readonly data:
    | { readonly at: "inline"; readonly place: BlobPlace }
    | { readonly at: "extents"; readonly extents: readonly ExtentRef[] };
  readonly seal?: SealRecord;
  /** Of a body that was sealed for it. */
  readonly customerKey?: Uint8Array;
  /** Each piece is the reader's only until it asks for the next: its memory is used again. */
  readonly isLent?: true;
}
