import type { Mutation, PlacedMutation } from "#objects/catalog/index-contract.ts";
import type { BlobPlace } from "#objects/records.ts";

/** The replicated log of everything (see the README beside `src/objects`). One writer. */
export interface Journal {
  /**
   * Appends one batch; resolves when it is durable by the commit rule, in the order of the calls. Batches that wait together share one frame and one sync.
   * Rejects only when no ensemble could be found within the hold time; nothing of it is seen then, also not after a restart,
   * or the journal refuses everything after it until it is opened anew.
   */
  append(mutations: readonly Mutation[]): Promise<Appended>;
  /** From the frame after `after` to the end; at open, to bring the index up to date. */
  replay(
    after: number,
  ): AsyncIterable<{ readonly sequence: number; readonly mutations: readonly PlacedMutation[] }>;
  /** The bytes of a blob, verified; from the first good copy. */
  readBlob(place: BlobPlace): Promise<Uint8Array>;
  readonly lastSequence: number;
  segments(): readonly SegmentView[];
}

export interface Appended {
  /** Of the frame; shared by batches of one frame, which are applied in order. */
  readonly sequence: number;
  readonly mutations: readonly PlacedMutation[];
}

export interface SegmentView {
  readonly number: number;
  readonly firstSequence: number;
  readonly bytes: number;
  readonly isOpen: boolean;
  /** Drive numbers that were chosen, and those of them whose copy is known to be whole. */
  readonly ensemble: readonly number[];
  readonly whole: readonly number[];
}
