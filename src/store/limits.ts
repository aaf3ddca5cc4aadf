/** Every bound of the store, with its unit. Passing one is an error that names it, or is said at its place. */
export const storeLimits = {
  /** Mutations that wait for the writer; one more is `busy`. */
  queuedIntents: 4096,
  /** JSON text that waits for the writer; more is `busy`. */
  queuedBytes: 64 * 1024 * 1024,
  /** Mutations in one transaction. */
  batchIntents: 256,
  /** JSON text in one transaction, unless one intent alone is larger. */
  batchBytes: 4 * 1024 * 1024,
  /** Connections for reading, for each process. */
  readConnections: 8,
  connectTimeoutMs: 5_000,
  /** The server stops a statement after this. Waiting for the head's lock counts. */
  statementTimeoutMs: 15_000,
  /** We give a connection up when the server has not answered by then: longer than its own limit. */
  answerTimeoutMs: 20_000,
  /** A writer that is paused inside a transaction (SIGSTOP) loses it after this, so that others go on. */
  idleInTransactionMs: 5_000,
  migrationLockMs: 60_000,
  migrationStatementMs: 10 * 60_000,
  /** Names that an `in-use` error gives. */
  namedDependents: 5,
  /** Fields of a diff that an audit entry keeps, and characters of each value's text. */
  auditDiffFields: 50,
  auditDiffCharacters: 200,
  /** Levels of nesting in what is stored. */
  jsonDepth: 64,
  /** Lines of an operation's log (the last are kept), characters of each, and steps. */
  operationLogLines: 200,
  operationLogCharacters: 2_000,
  operationSteps: 200,
  /** Items in any one page. */
  pageItems: 1_000,
  /** Changes in one batch of a watch. */
  watchBatch: 500,
  /** Changes that a process keeps in memory for its watchers. */
  recentChanges: 8_192,
  /** Changes that the feed reads at a time. */
  feedPage: 1_000,
  /** Watches open at once in one process; one more is `busy`. */
  watchers: 2_000,
  feedPollMs: 1_000,
  /** Other processes are told of new changes at most this often. */
  noticeEveryMs: 100,
  bookmarkMs: 5_000,
  reconnectBaseMs: 50,
  reconnectMaxMs: 2_000,
  /** Lines that one step of a compaction removes at most. */
  compactionBatch: 10_000,
} as const;
