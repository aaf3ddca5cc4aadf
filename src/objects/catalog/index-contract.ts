import type { BlobPlace } from "#objects/records.ts";

/**
 * The ordered map that the catalog reads. It is made from the journal and may be lost at any time: `applied` says how far it came. Keys and values are bytes; keys are
 * ordered bytewise. Synchronous: SQLite (src/drivers/sqlite) and the one in memory both are.
 */
export interface Index {
  /** Sequence of the last frame that was applied; 0 when empty. */
  readonly applied: number;
  get(key: Uint8Array): Row | undefined;
  /** Ascending from `from` (inclusive) to `to` (exclusive); the reader may stop early. Valid until the next `apply`. */
  scan(from: Uint8Array, to: Uint8Array, direction?: "ascending" | "descending"): IterableIterator<Row>;
  /**
   * Little of many rows, for lists: as `scan`, at most `limit` of them, of each the text of its key behind the first `skip` bytes and the text of its value up to the
   * first line feed. Text is UTF-8.
   */
  heads(from: Uint8Array, to: Uint8Array, skip: number, limit: number): readonly RowHead[];
  /** All or nothing, with the new `applied`. */
  apply(sequence: number, mutations: readonly PlacedMutation[]): void;
  /** Rows that need this segment (see `Row.segment`), in key order; for cleaning the journal's tail: rows that are written again leave it. */
  rowsInSegment(segment: number, limit: number): readonly Row[];
  clear(): void;
  close(): void;
}

export interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Bytes that were written with it. */
  readonly place?: BlobPlace;
  /** Where its bytes lie, and otherwise its frame: the row must be written again before this segment is retired. */
  readonly segment: number;
}

export type RowHead = readonly [key: string, head: string];

/** One change of the ordered map, as a commit asks for it. */
export type Mutation =
  | {
      readonly type: "put";
      readonly key: Uint8Array;
      readonly value: Uint8Array;
      readonly blob?: Uint8Array;
      /**
       * Bytes that lie in the journal already and stay with the row: the frame carries this place, and it comes back as `place`. The catalog knows it, also for rows on
       * their way (then it gives `blob` again), so the journal has nothing to look up.
       */
      readonly keep?: BlobPlace;
    }
  | { readonly type: "remove"; readonly key: Uint8Array };

/** The same after it was appended: the blob's place is known. */
export type PlacedMutation =
  | {
      readonly type: "put";
      readonly key: Uint8Array;
      readonly value: Uint8Array;
      readonly place?: BlobPlace;
      readonly segment: number;
    }
  | { readonly type: "remove"; readonly key: Uint8Array; readonly segment: number };
