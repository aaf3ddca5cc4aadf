import { BoundedCache } from "#lib/bounded.ts";
import { addressKey } from "./address-key.ts";

/** A bucket of attempts: `burst` at once, then one each `refillMs`. Running dry locks it, each time for longer. */
export interface BucketLimits {
  readonly burst: number;
  readonly refillMs: number;
  readonly lockBaseMs: number;
  readonly lockMaxMs: number;
}

export type Attempt =
  /** `succeeded` gives the attempt back: only failures count. */
  { readonly allowed: true; succeeded(): void } | { readonly allowed: false; readonly retryAfterMs: number };

/**
 * Who may try to sign in again, and when. Counts at the beginning of an attempt, so that many at once count as
 * many. An attempt that is refused because of its address does not count against the user, and one while locked
 * does not lengthen the lock. Where a user came in before, a flood on the user's name from elsewhere does not count.
 */
export class SignInLimiter {
  readonly #addresses: Buckets;
  readonly #users: Buckets | undefined;
  /** Address and user that once belonged together. */
  readonly #proven: BoundedCache<string, true>;

  constructor(options: {
    readonly address: BucketLimits;
    readonly user?: BucketLimits;
    readonly maxKeys: number;
    readonly keepMs: number;
    /** How long an address is remembered from which a user came in. */
    readonly provenMs?: number;
    readonly monotonic: () => number;
  }) {
    const { maxKeys: maxEntries, keepMs, provenMs: ttlMs = keepMs, monotonic } = options;
    this.#proven = new BoundedCache({ maxEntries, ttlMs, monotonic });
    this.#addresses = new Buckets(options.address, options);
    this.#users = options.user === undefined ? undefined : new Buckets(options.user, options);
  }

  attempt(address: string, userName?: string): Attempt {
    const key = addressKey(address);
    const addressWait = this.#addresses.take(key);
    if (addressWait > 0) return { allowed: false, retryAfterMs: addressWait };
    const pair = `${key} ${userName ?? ""}`;
    const users = userName === undefined || this.#proven.get(pair) === true ? undefined : this.#users;
    const userWait = users?.take(userName ?? "") ?? 0;
    if (userWait > 0) return { allowed: false, retryAfterMs: userWait };
    return {
      allowed: true,
      succeeded: () => {
        this.#addresses.giveBack(key);
        users?.giveBack(userName ?? "");
        if (userName !== undefined) this.#proven.set(pair, true);
      },
    };
  }
}

interface Bucket {
  readonly attempts: number;
  /** Monotonic time of `attempts`. */
  readonly at: number;
  readonly locks: number;
  readonly lockedUntil: number;
}

class Buckets {
  readonly #buckets: BoundedCache<string, Bucket>;
  readonly #limits: BucketLimits;
  readonly #monotonic: () => number;

  constructor(
    limits: BucketLimits,
    memory: { readonly maxKeys: number; readonly keepMs: number; readonly monotonic: () => number },
  ) {
    this.#limits = limits;
    this.#monotonic = memory.monotonic;
    this.#buckets = new BoundedCache({
      maxEntries: memory.maxKeys,
      ttlMs: memory.keepMs,
      monotonic: memory.monotonic,
    });
  }

  /** Takes one attempt and answers 0, or answers how long to wait, in milliseconds. */
  take(key: string): number {
    const now = this.#monotonic();
    const bucket = this.#refilled(key, now);
    if (bucket.lockedUntil > now) return bucket.lockedUntil - now;
    if (bucket.attempts >= 1) {
      this.#buckets.set(key, { ...bucket, attempts: bucket.attempts - 1 });
      return 0;
    }
    const { lockBaseMs, lockMaxMs, refillMs } = this.#limits;
    const untilOne = (1 - bucket.attempts) * refillMs;
    const lockMs = Math.max(untilOne, Math.min(lockMaxMs, lockBaseMs * 2 ** Math.min(bucket.locks, 20)));
    this.#buckets.set(key, { ...bucket, locks: bucket.locks + 1, lockedUntil: now + lockMs });
    return lockMs;
  }

  giveBack(key: string): void {
    const bucket = this.#refilled(key, this.#monotonic());
    this.#buckets.set(key, { ...bucket, attempts: Math.min(this.#limits.burst, bucket.attempts + 1) });
  }

  #refilled(key: string, now: number): Bucket {
    const { burst, refillMs } = this.#limits;
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return { attempts: burst, at: now, locks: 0, lockedUntil: 0 };
    // While locked nothing refills, or a long lock would end with a whole burst.
    const from = Math.min(now, Math.max(bucket.at, bucket.lockedUntil - refillMs));
    const attempts = Math.min(burst, bucket.attempts + (now - from) / refillMs);
    const locks = attempts >= burst ? 0 : bucket.locks;
    return { ...bucket, attempts, at: now, locks };
  }
}
