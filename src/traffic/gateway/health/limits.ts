/** The bounds of the health checker that no policy sets. */
export const healthLimits = {
  /** Checks that run at once, over all pools. */
  checksAtOnce: 128,
  /** Checks of a member that somebody waits for: the first gap, how fast it grows, and the longest one. */
  urgentMs: 50,
  urgentGrowth: 1.25,
  urgentMaxMs: 250,
  /** How long a member that came counts as new, and is looked at as if somebody waited for it. */
  newMs: 30_000,
  /** Longest time between two looks at the whole list, in case a clock or a list was changed meanwhile. */
  sweepMaxMs: 1_000,
  /** Shortest time between two looks: the ends of many checks share one. */
  sweepMinMs: 10,
  /** Bytes of an answer that are read to find its status line. */
  statusLineBytes: 1_024,
} as const;
