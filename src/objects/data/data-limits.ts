import { chunkBytes, inlineMaxBytes } from "#objects/limits.ts";
import { geometryOf, prefixOffset } from "./geometry.ts";

/** How bodies are cut. Only tests use others than the usual ones. */
export interface CutSizes {
  /** Bodies up to this many bytes travel in the journal. */
  readonly inlineMaxBytes: number;
  /** One shard's share of a stripe. */
  readonly chunkBytes: number;
  /** Stripes that are coded together, and written to each drive in one call. */
  readonly batchStripes: number;
  /** An extent is at most so long, so that a long upload gets other drives after one has failed. */
  readonly extentMaxBytes: number;
}
export const usualSizes: CutSizes = {
  inlineMaxBytes,
  chunkBytes,
  batchStripes: 4,
  extentMaxBytes: 64 * 1024 ** 2,
};

/** Of the slab: one shard's share of a batch, with room for the file's header and the chunks' checksums. */
export function slabBufferBytes(sizes: CutSizes): number {
  return prefixOffset(geometryOf({ k: 1, m: 0, chunkBytes: sizes.chunkBytes, size: 0 }), sizes.batchStripes);
}
/** Buffers of a front's slab: 21 batches of 4+2 at once, 130 MiB. */
export const slabBuffers = 128;
/** Uploads that may wait for buffers. */
export const slabWaitingMax = 4096;
/** Extents of one body whose descriptions are written at the same time. */
export const finishAtOnce = 4;

/** Laggards of a write are waited for this many times as long as the commit rule's number of drives took, within these bounds. */
export const lateFactor = 3;
export const lateShortMs = 500;
export const lateLongMs = 2_000;

/** Small objects that were read lately, in the memory of each front. */
export const blobCacheBytes = 96 * 1024 ** 2;

/** Stripes that are read in one call of each drive once a reader has shown that it reads on. */
export const windowStripes = 4;
/** Windows of one reader that are under way or wait to be taken. */
export const windowsAhead = 2;
/** All readers together may have read ahead so much; each always has one window. */
export const readAheadMaxBytes = 192 * 1024 ** 2;
/** Memory of reads that waits to be used again: what eight readers have under way at 4+2. */
export const idleRunBytesMax = 64 * 1024 ** 2;

/** Hedges that may be saved up, and what each regular read adds: about 5 % more reads at most. */
export const hedgeTokensMax = 20;
export const hedgeTokensPerRead = 0.05;
/** A read is late after this many times the 95th percentile, within these bounds. */
export const hedgeFactor = 2;
export const hedgeMinMs = 10;
export const hedgeMaxMs = 500;
/** After twice that, at least this, its drive is in trouble and other shards are asked whatever it costs. */
export const troubleMinMs = 100;
/** Pause before a read or a write is tried again when too few drives answered. */
export const retryBaseMs = 50;
export const retryMaxMs = 1_000;
