import { VdcError } from "#api/errors.ts";
import { background } from "#lib/background.ts";
import { isoTime } from "#lib/clock.ts";
import { createLeaseKeeper, type LeaseKeeper } from "#control/lease/keeper.ts";
import { settledWithin } from "#control/settled-within.ts";
import type { Fence, LeaseStore } from "#store/store.ts";
import { Leading, type LeadingParts } from "./leading.ts";
import { schedulerLease, schedulerLimits } from "./limits.ts";

export interface LeadershipParts extends Omit<LeadingParts, "fence" | "lost"> {
  readonly leases: LeaseStore;
  readonly holder: string;
  readonly leaseMs?: number;
}

/** Whether this process schedules, and what it has while it does. */
export class Leadership {
  readonly #parts: LeadershipParts;
  readonly #keeper: LeaseKeeper;
  #leading: Leading | undefined;
  /** Resolves when this process leads. */
  #led = Promise.withResolvers<void>();
  /** Since when it does not. */
  #sinceMs: number;
  #tidying: Disposable | undefined;

  constructor(parts: LeadershipParts) {
    const { leases, holder, clock, log } = parts;
    this.#parts = parts;
    this.#sinceMs = clock.monotonic();
    this.#keeper = createLeaseKeeper({
      leases,
      name: schedulerLease,
      holder,
      ttlMs: parts.leaseMs ?? schedulerLimits.leaseMs,
      clock,
      log,
      onChange: (fence) => this.#lead(fence),
    });
  }

  start(): void {
    this.#keeper.start();
  }

  /** `letRunOut`: as if the process had died. */
  async stop(options?: { readonly letRunOut: boolean }): Promise<void> {
    this.#lead(undefined);
    await this.#keeper.stop(options);
  }

  /** Undefined where another process leads, or none. */
  get now(): Leading | undefined {
    return this.#leading;
  }

  /** Waits a little where this process may yet lead: its predecessor's lease may have to run out. Throws `unavailable` where another one does. */
  async soon(): Promise<Leading> {
    if (this.#leading !== undefined) return this.#leading;
    const { clock, leases } = this.#parts;
    const leftMs = this.#sinceMs + schedulerLimits.leadWithinMs - clock.monotonic();
    if (leftMs > 0) await settledWithin(this.#led.promise, leftMs, clock);
    if (this.#leading !== undefined) return this.#leading;
    const lease = (await leases.list()).find(({ name }) => name === schedulerLease);
    const who = lease === undefined ? "No process" : `Another control process (${lease.holder})`;
    throw new VdcError("unavailable", `${who} schedules jobs now.`, {
      extra: { retryAfterSeconds: (lease?.remainingMs ?? schedulerLimits.leaseMs) / 1_000 },
    });
  }

  #lead(fence: Fence | undefined): void {
    if (this.#leading !== undefined) {
      this.#leading.stop();
      this.#leading = undefined;
      this.#led = Promise.withResolvers();
      this.#sinceMs = this.#parts.clock.monotonic();
    }
    this.#tidying?.[Symbol.dispose]();
    if (fence === undefined) return;
    background(this.#takeUp(fence), "burst.lead", this.#parts.log);
    this.#tidySoon();
  }

  /** Begins to lead, again and again until it can or the lease is lost. */
  async #takeUp(fence: Fence): Promise<void> {
    const { clock, log } = this.#parts;
    while (this.#keeper.fence()?.epoch === fence.epoch) {
      const leading = new Leading({ ...this.#parts, fence, lost: () => this.#lead(undefined) });
      try {
        await leading.start();
      } catch (error) {
        log.warn("burst.lead.failed", { error });
        await clock.sleep(schedulerLimits.retryMs);
        continue;
      }
      if (this.#keeper.fence()?.epoch !== fence.epoch) return leading.stop();
      this.#leading = leading;
      this.#led.resolve();
      return;
    }
  }

  #tidySoon(): void {
    const { clock, log } = this.#parts;
    this.#tidying = clock.after(schedulerLimits.tidyEveryMs, () => {
      background(this.#tidy(), "burst.tidy", log);
      this.#tidySoon();
    });
  }

  async #tidy(): Promise<void> {
    const { jobs, clock } = this.#parts;
    const before = isoTime(clock.now() - schedulerLimits.keptMs);
    await jobs.tidy(before, schedulerLimits.memoLines);
  }
}
