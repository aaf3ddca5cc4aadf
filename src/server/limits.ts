/** Every bound of the HTTP side, with its unit. Passing one is an error that says so. */
export const serverLimits = {
  bodyBytes: 1024 * 1024,
  /** Levels of nesting in a JSON body. */
  jsonDepth: 64,
  queryParameters: 32,
  /** All header fields together. */
  headerBytes: 16 * 1024,
  /** From the first byte of a request to the end of its header, and to the end of its body. */
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  /** A file that is uploaded: its size, the longest silence of its sender, and its whole time. */
  uploadBytes: 1024 * 1024 * 1024,
  uploadIdleMs: 30_000,
  uploadTimeoutMs: 3_600_000,
  /** How often the timeouts are looked at. */
  timeoutCheckMs: 2_000,
  /** A request whose body took longer than this is admitted again before it is handled. */
  admittedMs: 100,
  keepAliveMs: 72_000,
  requestsPerConnection: 100_000,
  /** Connections at once on each listener; the next one is closed. */
  connections: 4_096,
  /** How long `stop` waits for running requests. */
  drainMs: 2_500,
  /** `/readyz` gives the store this long. */
  readyMs: 2_000,
  /** Event streams of one caller, and of all. */
  streamsPerCaller: 32,
  streams: 1_000,
  /** A stream that is silent this long gets a comment, so that proxies and readers know that it lives. */
  streamPingMs: 15_000,
  /** How often a stream asks whether its caller may still listen. */
  streamRecheckMs: 10_000,
  /** A reader that takes nothing for this long is cut off; it resumes where it was. */
  streamStallMs: 30_000,
  /** WebSockets of one caller, and of all, without those of workers. */
  socketsPerCaller: 64,
  sockets: 256,
  /** WebSockets of one caller's workers, and of all. */
  workersPerCaller: 128,
  workers: 512,
  /** The largest message that a peer may send: what the protocol of workers allows (`protocolLimits`). */
  socketMessageBytes: 4 * 1024 * 1024,
  /** Messages that wait for their reader: from here on the peer is not read. */
  socketQueueBytes: 256 * 1024,
  /** A peer that answers no ping for twice as long is gone. */
  socketPingMs: 15_000,
  /** How long a peer may take to answer a close. */
  socketCloseMs: 2_000,
  /** Requests without a valid sign-in, for each address: so many at once, and so many a second from then on. */
  anonymousBurst: 400,
  anonymousPerSecond: 50,
  /** Addresses that are remembered for it; the least recent is forgotten. */
  anonymousAddresses: 10_000,
  /** Users looked up for the members of one project, at once. */
  memberLookups: 8,
} as const;

export type ServerLimits = { readonly [K in keyof typeof serverLimits]: number };
