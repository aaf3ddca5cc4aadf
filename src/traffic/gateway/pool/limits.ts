/** The bounds of a pool that no policy sets. */
export const poolLimits = {
  /** Requests that a member of unknown capacity gets at once, before its first answers (knative/serving#9888). */
  freshConcurrency: 16,
  /** A learned limit is never lower than this, however bad the measurements look (envoyproxy/envoy#8337). */
  learnedFloor: 8,
  /** Share of the active members that may be ejected for failures of their answers: one of one never is. */
  ejectedShare: 0.5,
  /** Longest ejection, however often it was doubled. */
  ejectMaxMs: 300_000,
  /** Failed connections in a row that make a healthy member unhealthy: a crash has to hold requests, not to fail them. */
  connectFailures: 2,
  /**
   * Retries in 10 s that are allowed whatever the traffic, unless the policy forbids retries: ten a second, as Linkerd has it. An
   * instance that crashes with a few dozen slow requests in it has to be survived also when there were not many more before.
   */
  retriesAtLeast: 100,
  /** Least share of its weight that a member has at the beginning of its slow start. */
  slowStartLeast: 0.1,
  /** Lines of waiting requests; clients whose keys fall together share one. */
  holdFlows: 64,
  /** Load of a member under `hash`, relative to the mean, above which its keys move on (consistent hashing with bounded loads). */
  hashLoadBound: 1.25,
  /** Points of one member on the ring, and about how many the ring has; few members get more points each. */
  ringPointsLeast: 16,
  ringPointsMost: 128,
  ringPoints: 8_192,
  /** Groups of a canary that are told apart; the rest counts as one. */
  groups: 16,
} as const;

/** Retry-After of what the pool refuses, in seconds. */
export const retryAfterSeconds = { full: 2, waiting: 5, stopped: 60 } as const;
