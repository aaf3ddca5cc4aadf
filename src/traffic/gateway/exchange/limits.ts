/** The bounds of the data path that no policy sets. */
export const exchangeLimits = {
  /** What of a request's body is kept so that it can be sent again to another member. */
  replayBytes: 65_536,
  /** Body bytes of a request that waits; then its client is paused, and the rest stays in the kernel. */
  heldBodyBytes: 65_536,
  /** How often a client whose body is paused while it waits is asked whether it is still there. */
  heldProbeMs: 1_000,
  /** Idle connections to one member. */
  idlePerMember: 256,
  /** An idle connection is closed before a common server closes it (Node: 5 s), so that no request meets the end of it. */
  idleMs: 4_000,
  /** A request that could not be repeated only goes over a connection that was in use a moment ago. */
  idleForUnsafeMs: 1_000,
  /** Gateways of this kind that a request passes; more is a loop. */
  hops: 5,
  /** Connections that are tried for one request; a connection that was refused has carried nothing, so this is no retry. */
  connectAttempts: 16,
  /** Interim answers to one request. */
  interimAnswers: 16,
  /** First and later size of the buffer that a member's bytes are read into. */
  readBytes: 16_384,
  largeReadBytes: 65_536,
  /** Up to this a body goes out in one string with its head. */
  joinBytes: 8_192,
  /** Characters of a path in the access log. */
  loggedPath: 512,
} as const;

/** For a request without a route; it is answered at once, so they never run out. */
export const noRouteTimeouts = {
  connectMs: 1_000,
  responseMs: 60_000,
  idleMs: 60_000,
  upgradedIdleMs: 60_000,
};
