import {
  hedgeFactor,
  hedgeMaxMs,
  hedgeMinMs,
  hedgeTokensMax,
  hedgeTokensPerRead,
  troubleMinMs,
} from "./data-limits.ts";
import type { DriveHealth } from "./drive-health.ts";

/** When a read is late, and how many extra reads that may cost: about 5 % of the regular ones, so that slowness everywhere is not made worse by us. */
export class HedgeBudget {
  readonly #health: DriveHealth;
  #tokens = hedgeTokensMax;

  constructor(health: DriveHealth) {
    this.#health = health;
  }

  /** After this many milliseconds another shard is asked, when a token is left. */
  get hedgeMs(): number {
    return Math.min(hedgeMaxMs, Math.max(hedgeMinMs, hedgeFactor * (this.#health.readP95Ms ?? hedgeMaxMs)));
  }

  /** After this the drive is in trouble, and other shards are asked whatever it costs. */
  get troubleMs(): number {
    return Math.max(troubleMinMs, 2 * this.hedgeMs);
  }

  earn(reads: number): void {
    this.#tokens = Math.min(hedgeTokensMax, this.#tokens + reads * hedgeTokensPerRead);
  }

  /** Whether `count` extra reads may be made now. */
  take(count: number): boolean {
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }
}
