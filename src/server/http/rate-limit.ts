import { BoundedCache } from "#lib/bounded.ts";
import type { Clock } from "#lib/clock.ts";
import { addressKey } from "#control/auth/address-key.ts";

/** Token buckets by address: a burst, then a steady rate. The least recent address is forgotten when there are too many. */
export interface AddressLimiter {
  /** Takes one; gives the seconds to wait when there is none. */
  take(address: string): number | undefined;
}

export function createAddressLimiter(
  limits: { readonly burst: number; readonly perSecond: number; readonly addresses: number },
  clock: Clock,
): AddressLimiter {
  const monotonic = () => clock.monotonic();
  const refillMs = (limits.burst / limits.perSecond) * 1000;
  // A bucket that nobody took from for that long is full again, so forgetting it loses nothing.
  const buckets = new BoundedCache<string, { left: number; at: number }>({
    maxEntries: limits.addresses,
    ttlMs: refillMs,
    monotonic,
  });
  return {
    take(address) {
      const key = addressKey(address);
      const now = monotonic();
      const bucket = buckets.get(key) ?? { left: limits.burst, at: now };
      const left = Math.min(limits.burst, bucket.left + ((now - bucket.at) / 1000) * limits.perSecond);
      const taken = left >= 1;
      buckets.set(key, { left: taken ? left - 1 : left, at: now });
      return taken ? undefined : Math.max(1, Math.ceil((1 - left) / limits.perSecond));
    },
  };
}
