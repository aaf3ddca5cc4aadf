import type { TrafficSample } from "#api/apps.ts";
import { isoTime } from "#lib/clock.ts";
import type { GatewayStatus } from "../gateway-api.ts";
import type { GatewayStatuses } from "../gateway-client.ts";

/** The statuses of all gateways at one moment. */
export interface Reading {
  /** Wall time, milliseconds. */
  readonly at: number;
  readonly monotonic: number;
  readonly byGateway: ReadonlyMap<string, GatewayStatus>;
}

type Route = GatewayStatus["routes"][number];
type Member = GatewayStatus["members"][number];

export function readingOf({ answers }: GatewayStatuses, now: { at: number; monotonic: number }): Reading {
  return { ...now, byGateway: new Map(answers.map(({ gateway, status }) => [gateway.id, status])) };
}

/**
 * What an app's traffic was between two readings. A gateway that started in between began at nothing; one that ended in between
 * takes with it what it counted since the first reading.
 */
export function sampleBetween(
  before: Reading,
  after: Reading,
  app: { readonly project: string; readonly name: string },
): TrafficSample {
  const seconds = Math.max(0.001, (after.monotonic - before.monotonic) / 1000);
  const prefix = `${app.project}/${app.name}/`;
  const totals = { requests: 0, errors: 0, holding: 0, held: 0, bytes: 0 };
  const latency = new Map<number, number>();
  const instances = new Map<string, { requests: number; inFlight: number }>();
  for (const [id, status] of after.byGateway) {
    const old = before.byGateway.get(id);
    const isNew = old === undefined && Date.parse(status.startedAt) < before.at;
    if (isNew) continue; // it did not answer before: its numbers are of more than this time
    const oldRoutes = new Map(old?.routes.map((route) => [route.id, route]));
    const oldMembers = new Map(old?.members.map((member) => [member.id, member]));
    for (const route of status.routes)
      if (route.pools?.some((pool) => pool.startsWith(prefix)) === true)
        addRoute(totals, latency, route, oldRoutes.get(route.id));
    for (const member of status.members)
      if (member.pool.startsWith(prefix)) addMember(instances, member, oldMembers.get(member.id));
  }
  const buckets = [...latency].toSorted(([a], [b]) => a - b);
  return {
    at: isoTime(after.at),
    requestsPerSecond: rate(totals.requests, seconds),
    errorsPerSecond: rate(totals.errors, seconds),
    holding: totals.holding,
    heldPerSecond: rate(totals.held, seconds),
    responseBytesPerSecond: rate(totals.bytes, seconds),
    p50Ms: percentile(buckets, 0.5),
    p99Ms: percentile(buckets, 0.99),
    instances: [...instances].map(([instance, { requests, inFlight }]) => ({
      instance,
      requestsPerSecond: rate(requests, seconds),
      inFlight,
    })),
  };
}

function addRoute(
  totals: { requests: number; errors: number; holding: number; held: number; bytes: number },
  latency: Map<number, number>,
  now: Route,
  old: Route | undefined,
): void {
  totals.requests += grown(now.requests, old?.requests);
  // A request that an instance did not answer was answered by the gateway, with 502 or 504.
  totals.errors += grown(now.status5xx, old?.status5xx);
  totals.holding += now.holding;
  totals.held += grown(now.held, old?.held);
  totals.bytes += grown(now.responseBytes, old?.responseBytes);
  const oldBuckets = new Map(old?.latency);
  for (const [upper, inBucket] of now.latency)
    latency.set(upper, (latency.get(upper) ?? 0) + grown(inBucket, oldBuckets.get(upper)));
}

function addMember(
  instances: Map<string, { requests: number; inFlight: number }>,
  now: Member,
  old: Member | undefined,
): void {
  const sum = instances.get(now.id) ?? { requests: 0, inFlight: 0 };
  sum.requests += grown(now.requests, old?.requests);
  sum.inFlight += now.inFlight;
  instances.set(now.id, sum);
}

/** A counter that is smaller than before began anew, as with a member that left and came back. */
function grown(now: number, old = 0): number {
  return now >= old ? now - old : now;
}

function rate(count: number, seconds: number): number {
  return Math.round((count / seconds) * 100) / 100;
}

/** Within the bucket it is in, evenly spread; 0 without requests. The last bucket has no upper bound: its lower one is given. */
function percentile(buckets: readonly (readonly [number, number])[], share: number): number {
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  let lower = 0;
  for (const [upper, count] of buckets) {
    const wanted = total * share - seen;
    if (count > 0 && wanted <= count)
      return Number.isFinite(upper) ? round(lower + (upper - lower) * (wanted / count)) : round(lower);
    seen += count;
    if (Number.isFinite(upper)) lower = upper;
  }
  return 0;
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
