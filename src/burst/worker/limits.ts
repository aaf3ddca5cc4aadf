/** Bounds of a worker; all of them hold for each connection and each process. */
export const workerLimits = {
  /** Work that it takes ahead of its slots, so that inputs arrive while something runs. */
  aheadMs: 250,
  /** Leases ahead of the slots at most, whatever they cost. */
  maxAhead: 256,
  /** Tasks of at most so much cost share a slot, at most so many. */
  smallCost: 0.5,
  maxBundle: 64,
  /** Leases held at most; what comes beyond is given back. */
  maxHeld: 1_024,
  /** What the program takes itself: tasks have the rest of a worker's memory, though never less than half of it. */
  ownMemoryBytes: 96 * 1024 * 1024,
  /** Bytes of inputs fetched for tasks that do not run yet: a share of a worker's memory, and no more than these. */
  prefetchShare: 1 / 8,
  maxPrefetchBytes: 64 * 1024 * 1024,
  /** Blobs kept for later tasks, likewise. */
  cacheShare: 1 / 16,
  maxCacheBytes: 96 * 1024 * 1024,
  /** Bytes of outputs that wait for their upload; a slot takes no new task before there is room. */
  maxUploadBytes: 64 * 1024 * 1024,
  /** Bytes of small outputs inside one result; the others are uploaded like large ones. */
  maxInlineOfTask: 512 * 1024,
  maxTransfers: 8,
  /** Times that a transfer is tried; each one with a fresh address when the last one was refused. */
  transferAttempts: 4,
  transferRetry: { baseMs: 100, maxMs: 2_000 },
  transferMs: 60_000,
  /** An answer of the scheduler, such as addresses. */
  answerMs: 15_000,
  maxQuestions: 4_096,
  /** Packages that are kept compiled. */
  maxPackages: 8,
  /** Results that wait while there is no connection; the oldest are lost beyond it, and their tasks run again. */
  maxUnsent: 4_096,
  maxResultsBytes: 1024 * 1024,
  /** A heartbeat that is late by more than this means that the machine slept. */
  sleptMs: 60_000,
  reconnect: { baseMs: 200, maxMs: 10_000 },
  /** After a drain began: what runs may finish so long. */
  drainMs: 10_000,
  /** A task that used more than so many times the memory that its graph states is stopped: allocators grow by doubling, and simple ones free nothing. */
  memoryTolerance: 4,
  /** What every task may use, however little it states. */
  leastMemoryBytes: 4 * 1024 * 1024,
  maxHolds: 4_096,
} as const;
