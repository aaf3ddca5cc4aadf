/** Every bound of the scheduler around the run, with its unit. */
export const schedulerLimits = {
  /** The leader's lease: another takes over so long after a leader fell silent. */
  leaseMs: 6_000,
  /** A process that came, or lost the lease, waits so long for it before it says that another leads. */
  leadWithinMs: 8_000,
  /** Outcomes wait so long for others, and for no more of them than this. */
  flushMs: 20,
  flushOutcomes: 1_000,
  /** After a transaction that failed. */
  retryMs: 500,
  /** Outcomes that wait to be written; with more, workers are given nothing. */
  waitingOutcomes: 5_000,
  tickMs: 100,
  /** Bytes of small outputs that a job may have inside the scheduler; what is more goes to the object store. */
  smallBytes: 64 * 1024 * 1024,
  /** A graph as JSON, and as gzip. */
  graphBytes: 256 * 1024 * 1024,
  graphGzipBytes: 64 * 1024 * 1024,
  /** Work on a graph lets others have their turn so often. */
  sliceMs: 10,
  /** Tasks that cost less are made again faster than they are looked up. */
  memoCost: 5,
  memoLookups: 500,
  /** Base64 of an output that a line of the memo has inside. */
  memoInline: 2_048,
  memoLines: 1_000_000,
  /** An offer looks up tasks for so long; what is not found by then counts as unknown. */
  offerLookupMs: 2_000,
  /** Addresses are good for so long. */
  urlSeconds: 3_600,
  /** Of the progress of a job, and of the cluster. */
  progressMs: 100,
  /** Of a job of another process, as it was last written. */
  storedProgressMs: 1_000,
  clusterMs: 1_000,
  /** A connection that has not said hello by then is closed. */
  helloMs: 5_000,
  /** Messages of one connection that are read in a second, and after a pause at once; so many bytes count as one. What comes faster waits in its socket. */
  messagesPerSecond: 5_000,
  messagesAtOnce: 10_000,
  messageUnitBytes: 4 * 1024,
  /** JSON of leases in one message, below what the protocol allows. */
  messageBytes: 3 * 1024 * 1024,
  /** Blobs that are asked for at once, and in all of one list. */
  blobsAtOnce: 16,
  /** Graphs without a job, and small results, are kept so long. */
  keptMs: 7 * 24 * 3_600_000,
  tidyEveryMs: 600_000,
} as const;

export const schedulerLease = "burst-scheduler";
