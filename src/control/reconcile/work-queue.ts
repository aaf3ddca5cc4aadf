import { assert } from "#lib/assert.ts";
import { backoffMs } from "#lib/backoff.ts";
import type { Random } from "#lib/random.ts";

/** All times are monotonic milliseconds. */
export interface WorkQueueLimits {
  /** Keys that may wait; more are counted as dropped and come back with the timer. */
  readonly maxQueued: number;
  /** From the end of a pass of a key to its next one, however often it changes. */
  readonly minGapMs: number;
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
}

/**
 * Keys that wait for a pass, each at most once. A key that is asked for during its own pass waits for that to end; one
 * that failed waits for its backoff, and no change brings it forward.
 *
 * Invariant: a key that was taken is not given again before `done`.
 */
export class WorkQueue {
  readonly #limits: WorkQueueLimits;
  readonly #random: Random;
  /** Key to the earliest time of its pass; in order of arrival. */
  readonly #waiting = new Map<string, number>();
  readonly #running = new Set<string>();
  /** Keys asked for while they ran. */
  readonly #again = new Set<string>();
  /** Since the last pass of each key, until it is swept. */
  readonly #resting = new Map<string, { readonly untilMs: number; readonly failures: number }>();
  #dropped = 0;
  #sweepAt = 64;

  constructor(limits: WorkQueueLimits, random: Random) {
    assert(limits.maxQueued > 0, "a queue holds at least one key");
    this.#limits = limits;
    this.#random = random;
  }

  add(key: string, nowMs: number): void {
    if (this.#running.has(key)) {
      this.#again.add(key);
      return;
    }
    if (this.#waiting.has(key)) return;
    if (this.#waiting.size >= this.#limits.maxQueued) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.set(key, Math.max(nowMs, this.#resting.get(key)?.untilMs ?? 0));
  }

  /** The first key whose time has come. */
  take(nowMs: number): string | undefined {
    for (const [key, atMs] of this.#waiting) {
      if (atMs > nowMs) continue;
      this.#waiting.delete(key);
      this.#running.add(key);
      return key;
    }
    return undefined;
  }

  /** Ends the pass of a key. `again`: there is more to do. A failed key comes back by itself, after its backoff. */
  done(key: string, outcome: "idle" | "again" | "failed", nowMs: number): void {
    assert(this.#running.delete(key), "only a running pass ends");
    const failures = outcome === "failed" ? (this.#resting.get(key)?.failures ?? 0) + 1 : 0;
    const restMs =
      failures === 0 ? this.#limits.minGapMs : backoffMs(failures - 1, this.#limits.backoff, this.#random);
    this.#resting.set(key, { untilMs: nowMs + restMs, failures });
    this.#forget(nowMs);
    if (this.#again.delete(key) || outcome !== "idle") this.add(key, nowMs);
  }

  /** When a key may be taken next; undefined when nothing waits. */
  nextAtMs(): number | undefined {
    let next: number | undefined;
    for (const atMs of this.#waiting.values()) if (next === undefined || atMs < next) next = atMs;
    return next;
  }

  /** Forgets everything that waits; passes that run still end with `done`. */
  clear(): void {
    this.#waiting.clear();
    this.#again.clear();
    this.#resting.clear();
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get running(): number {
    return this.#running.size;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Drops rests that are over and say nothing any more; only when the map has doubled, so that it costs O(1) a pass. */
  #forget(nowMs: number): void {
    if (this.#resting.size < this.#sweepAt) return;
    for (const [key, rest] of this.#resting)
      if (rest.untilMs <= nowMs && !this.#waiting.has(key) && !this.#running.has(key))
        this.#resting.delete(key);
    this.#sweepAt = Math.max(64, this.#resting.size * 2);
  }
}
