/** The bounds of one connection that speaks HTTP/2. */
export const http2Limits = {
  streams: 128,
  headerBytes: 32_768,
  headerLines: 128,
  streamWindowBytes: 262_144,
  connectionWindowBytes: 1_048_576,
  memoryMegabytes: 8,
  /** Without a stream, a connection is closed after this; PING does not keep it. */
  idleMs: 120_000,
  /** What a client leaves unread of an answer that has ended is cut after this. */
  lingerMs: 60_000,
  /** Streams that end before their answer does, above those that end well, at once and in a second. Then the connection ends. */
  resetBurst: 200,
  resetsPerSecond: 10,
  /** From the first GOAWAY to the second, when the client does not answer the PING between them. */
  farewellMs: 1_000,
  /** For the client to close its side after the last answer. */
  closeMs: 5_000,
} as const;
