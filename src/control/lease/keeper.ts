import { assert } from "#lib/assert.ts";
import { background } from "#lib/background.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Fence, LeaseStore } from "#store/store.ts";
import { settledWithin } from "../settled-within.ts";

/**
 * Keeps one lease for this process: takes it when it is free, renews it at a third of its time, and says by
 * `fence()` whether this process may act now.
 *
 * Invariant: `fence()` gives nothing once `ttl - margin` has passed since the last successful renewal *began*, by
 * the monotonic clock: the store counts the lease's time from a later moment, so a process that was paused or cut off
 * stops itself before another may begin. Wall time is never asked.
 * The monotonic clock may stand still while a machine is suspended; the epoch in every write covers that case.
 */
export interface LeaseKeeper extends AsyncDisposable {
  readonly name: string;
  readonly holder: string;
  start(): void;
  /** Gives the lease up, unless it is told to let it run out. Safe twice and at any time. */
  stop(options?: { readonly letRunOut: boolean }): Promise<void>;
  /** What a write has to carry; undefined while this process may not act. */
  fence(): Fence | undefined;
}

export interface LeaseKeeperOptions {
  readonly leases: Pick<LeaseStore, "acquire" | "release">;
  readonly name: string;
  /** Unique for each run of a process: a restarted process is another holder. */
  readonly holder: string;
  readonly ttlMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with the new fence when leadership is won, and with nothing when it is lost. Must not throw. */
  readonly onChange?: (fence: Fence | undefined) => void;
}

/** The part of the lease's time that is left unused: for clocks that run at unequal speed and for work already begun. */
const marginShare = 1 / 5;
/** How long `stop` waits for a renewal that is under way. One that answers later is left to run out. */
const renewalWaitMs = 2_000;

export function createLeaseKeeper(options: LeaseKeeperOptions): LeaseKeeper {
  assert(options.ttlMs >= 50, "a lease lives long enough to be renewed");
  return new Keeper(options);
}

class Keeper implements LeaseKeeper {
  readonly name: string;
  readonly holder: string;
  readonly #options: LeaseKeeperOptions;
  #held: { readonly fence: Fence; readonly untilMs: number } | undefined;
  #told: number | undefined;
  #timer: Disposable | undefined;
  #expiry: Disposable | undefined;
  #renewal: Promise<void> | undefined;
  #stopped = false;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    this.name = options.name;
    this.holder = options.holder;
  }

  start(): void {
    if (this.#stopped || this.#renewal !== undefined || this.#timer !== undefined) return;
    this.#renew();
  }

  fence(): Fence | undefined {
    if (this.#held === undefined || this.#options.clock.monotonic() >= this.#held.untilMs) return undefined;
    return this.#held.fence;
  }

  async stop(options = { letRunOut: false }): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#timer?.[Symbol.dispose]();
    await settledWithin(this.#renewal ?? Promise.resolve(), renewalWaitMs, this.#options.clock);
    const epoch = this.#held?.fence.epoch;
    this.#lose();
    if (epoch === undefined || options.letRunOut) return;
    try {
      await this.#options.leases.release(this.name, epoch);
    } catch (error) {
      // It runs out by itself; the next holder only has to wait for that.
      this.#options.log.warn("lease.release.failed", { lease: this.name, error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #renew(): void {
    this.#timer = undefined;
    this.#renewal = this.#ask().finally(() => {
      this.#renewal = undefined;
      if (this.#stopped) return;
      this.#timer = this.#options.clock.after(this.#options.ttlMs / 3, () => this.#renew());
    });
    background(this.#renewal, "lease.renew", this.#options.log);
  }

  async #ask(): Promise<void> {
    const { leases, clock, ttlMs, log } = this.#options;
    const beganMs = clock.monotonic();
    try {
      const answer = await leases.acquire(this.name, this.holder, ttlMs);
      if ("heldBy" in answer) this.#lose();
      else this.#hold({ lease: this.name, epoch: answer.epoch }, beganMs + ttlMs * (1 - marginShare));
    } catch (error) {
      // Not lost yet: the lease stands until its time is over, and the next renewal is the retry.
      log.warn("lease.renewal.failed", { lease: this.name, error });
    }
  }

  #hold(fence: Fence, untilMs: number): void {
    const { clock } = this.#options;
    this.#expiry?.[Symbol.dispose]();
    const leftMs = untilMs - clock.monotonic();
    // An answer that came too late is worth nothing: another process may hold the lease already.
    if (leftMs <= 0 || this.#stopped) {
      this.#held = { fence, untilMs };
      this.#tell(undefined);
      return;
    }
    // A new epoch means that another may have acted in between: what was begun under the old one has to stop first.
    if (this.#told !== undefined && this.#told !== fence.epoch) this.#tell(undefined);
    this.#held = { fence, untilMs };
    this.#expiry = clock.after(leftMs, () => this.#expire());
    this.#tell(fence);
  }

  #expire(): void {
    if (this.fence() === undefined) this.#tell(undefined);
  }

  #lose(): void {
    this.#expiry?.[Symbol.dispose]();
    this.#held = undefined;
    this.#tell(undefined);
  }

  #tell(fence: Fence | undefined): void {
    if (this.#told === fence?.epoch) return;
    this.#told = fence?.epoch;
    const { log, onChange } = this.#options;
    if (fence === undefined) log.info("lease.lost", { lease: this.name });
    else log.info("lease.won", { lease: this.name, epoch: fence.epoch });
    onChange?.(fence);
  }
}
