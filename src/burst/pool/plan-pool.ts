/** Bounds of the scaler of pools. */
export const poolLimits = {
  /** How often the work that waits is looked at. */
  everyMs: 2_000,
  /** A need has to last so long before a pool grows: what ends sooner is not helped by a worker that has to start first. */
  growAfterMs: 4_000,
  /** Needs that are remembered of one pool. */
  needs: 4_096,
} as const;

/** What jobs want of a pool; those that may go on, and that its workers may take. */
export interface WaitingWork {
  /** Seconds of the reference core, all that is not done. */
  readonly coreSeconds: number;
  /** Tasks that run or could run now. */
  readonly tasks: number;
  /** Reference cores that the jobs may use, where a plan includes no more. */
  readonly cores?: number;
}

/** What is known of a pool's workers. */
export interface PoolWorkers {
  /** Of one worker. */
  readonly slots: number;
  /** Measured: milliseconds for a millisecond of the reference core. */
  readonly msPerCost: number;
}

/** How many workers the pool would need, from some moment on until the next need. */
export interface Need {
  readonly atMs: number;
  readonly workers: number;
}

export interface PoolBounds {
  readonly min: number;
  readonly max: number;
  readonly drainSeconds: number;
  readonly keepSeconds: number;
}

/**
 * Workers that get done what waits within `drainSeconds`: not more than there are tasks for, and of what a plan includes not more than may be used.
 * The pool is sized as if it was alone; whoever helps makes the work less.
 */
export function neededWorkers(
  work: readonly WaitingWork[],
  { slots, msPerCost }: PoolWorkers,
  { drainSeconds }: Pick<PoolBounds, "drainSeconds">,
): number {
  const used = work.reduce((sum, { coreSeconds, tasks, cores = Infinity }) => {
    return sum + Math.min(tasks, Math.min(coreSeconds / drainSeconds, cores) * msPerCost);
  }, 0);
  return Math.ceil(used / slots);
}

/**
 * How many workers are wanted. A pool grows to what was needed all the time for `growAfterMs`, and shrinks to the most that was needed within `keepSeconds`: so it never
 * grows and shrinks again within that time. It never shrinks below its busy workers: work ends where it began.
 *
 * @param needs oldest first, as `remembered` keeps them. Nothing is decided before a time has passed whole.
 */
export function planPool(
  wanted: number,
  needs: readonly Need[],
  { bounds, busy, nowMs }: { readonly bounds: PoolBounds; readonly busy: number; readonly nowMs: number },
): number {
  const { min, max, keepSeconds } = bounds;
  const clamp = (workers: number) => Math.min(Math.max(workers, min), max);
  const now = clamp(wanted);
  const lately = within(needs, nowMs - poolLimits.growAfterMs);
  const atLeast = clamp(Math.min(...lately, Infinity));
  if (lately.length > 0 && atLeast > now) return atLeast;
  const kept = within(needs, nowMs - keepSeconds * 1_000);
  const atMost = clamp(Math.max(...kept, busy));
  return kept.length > 0 && atMost < now ? atMost : now;
}

/** What was needed since a moment; nothing when it is not known for all of that time. */
function within(needs: readonly Need[], sinceMs: number): readonly number[] {
  const first = needs.findLastIndex(({ atMs }) => atMs <= sinceMs);
  return first < 0 ? [] : needs.slice(first).map(({ workers }) => workers);
}

/** Adds what is needed from now on, and forgets what no decision asks for any more. */
export function remembered(needs: readonly Need[], need: Need, keepSeconds: number): readonly Need[] {
  if (needs.at(-1)?.workers === need.workers) return needs;
  const sinceMs = need.atMs - Math.max(keepSeconds * 1_000, poolLimits.growAfterMs);
  const first = needs.findLastIndex(({ atMs }) => atMs <= sinceMs);
  return [...needs.slice(Math.max(first, 0)), need].slice(-poolLimits.needs);
}
