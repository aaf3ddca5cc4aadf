import type { TrafficPolicy } from "#api/kinds/route.ts";
import { clientKey } from "./client-key.ts";

/** Clients that one route remembers at once; the one that asked longest ago is forgotten, and with it at most one burst. */
export const maxClients = 10_000;

/** Which limit was passed, and how long until one more request would be within it. */
export interface Exceeded {
  readonly limit: "route-rate" | "client-rate";
  readonly retryAfterSeconds: number;
}

/** The rate limits of one route. Lives as long as the route, across snapshots. */
export interface RateLimiter {
  /** Counts a request of the client, or says which limit it would pass; a request that is refused counts towards neither. */
  take(clientAddress: string, now: number): Exceeded | undefined;
  /** Keeps what was counted. */
  configure(policy: TrafficPolicy["rateLimit"]): void;
}

/** One token bucket: `burst` requests at once, then one each `everyMs`. */
interface Bucket {
  readonly everyMs: number;
  readonly burst: number;
}

/**
 * Token buckets as the generic cell rate algorithm has them (ITU-T I.371): all there is to remember is one number for each client,
 * the time at which its bucket is full again.
 */
export function createRateLimiter(policy: TrafficPolicy["rateLimit"]): RateLimiter {
  let whole: Bucket | undefined;
  let each: Bucket | undefined;
  let wholeFullAt = 0;
  /** In the order of their last requests, oldest first. */
  const fullAt = new Map<string, number>();

  const configure: RateLimiter["configure"] = (wanted) => {
    whole = bucketOf(wanted?.requestsPerSecond, wanted?.burst);
    each = bucketOf(wanted?.perClientPerSecond, wanted?.burst);
    if (each === undefined) fullAt.clear();
  };
  configure(policy);

  function remember(client: string, value: number): void {
    fullAt.delete(client);
    fullAt.set(client, value);
    if (fullAt.size <= maxClients) return;
    const oldest = fullAt.keys().next();
    if (!oldest.done) fullAt.delete(oldest.value);
  }

  return {
    configure,
    take(clientAddress, now) {
      if (whole === undefined && each === undefined) return undefined;
      const client = each === undefined ? "" : clientKey(clientAddress);
      const clientFullAt = fullAt.get(client) ?? 0;
      const waitMs = each === undefined ? 0 : waitFor(each, clientFullAt, now);
      if (waitMs > 0) return exceeded("client-rate", waitMs);
      const routeWaitMs = whole === undefined ? 0 : waitFor(whole, wholeFullAt, now);
      if (routeWaitMs > 0) return exceeded("route-rate", routeWaitMs);
      if (each !== undefined) remember(client, Math.max(clientFullAt, now) + each.everyMs);
      if (whole !== undefined) wholeFullAt = Math.max(wholeFullAt, now) + whole.everyMs;
      return undefined;
    },
  };
}

function bucketOf(perSecond: number | undefined, burst = 1): Bucket | undefined {
  return perSecond === undefined ? undefined : { everyMs: 1_000 / perSecond, burst };
}

/** Milliseconds until there is a token; 0 when there is one. */
function waitFor({ everyMs, burst }: Bucket, fullAt: number, now: number): number {
  const emptyFor = Math.max(fullAt, now) + everyMs - burst * everyMs - now;
  // Sums of fractions: what is missing by less than a thousandth of a millisecond is there.
  return emptyFor > 0.001 ? emptyFor : 0;
}

function exceeded(limit: Exceeded["limit"], waitMs: number): Exceeded {
  return { limit, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)) };
}
