/** Limits of the journal; times in milliseconds. */
export interface JournalLimits {
  /** A segment is sealed when it is longer than this. */
  readonly segmentBytes: number;
  /** A frame takes no more batches above this; one batch may be longer, up to `batchBytesMax`. */
  readonly frameBytes: number;
  /** How long a copy may be behind before the segment moves away from its drive. */
  readonly lateMs: number;
  /** How long the beginning of a segment may take on one drive. */
  readonly beginMs: number;
  /** How long a batch is held while no drives can take it. */
  readonly holdMs: number;
  /** Between two searches for an ensemble while there is none. */
  readonly searchMs: number;
  /** How long a drive that failed or was late is chosen last. */
  readonly penaltyMs: number;
  /** Bytes of batches that may wait. */
  readonly waitingBytes: number;
}

export const defaultJournalLimits: JournalLimits = {
  segmentBytes: 64 * 1024 * 1024,
  frameBytes: 2 * 1024 * 1024,
  lateMs: 300,
  beginMs: 2000,
  holdMs: 25_000,
  searchMs: 100,
  penaltyMs: 30_000,
  waitingBytes: 256 * 1024 * 1024,
};

/** One batch: a thousand removals with long keys stay far below it. */
export const batchBytesMax = 32 * 1024 * 1024;
