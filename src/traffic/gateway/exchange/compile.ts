import type { SnapshotContent } from "../../snapshot.ts";
import { createRateLimiter, type RateLimiter } from "../limits/rate-limiter.ts";
import type { Pool } from "../pool-contract.ts";
import type { RouteEntry } from "../routing/path-table.ts";
import { compileRouter } from "../routing/router.ts";
import type { CoreConfig } from "./core.ts";
import { RouteCounters } from "./counters.ts";
import { plainText } from "./own-answer.ts";
import { planRoute, type RoutePlan } from "./route-plan.ts";

/** What of a route outlives snapshots. */
export interface LastingRoute {
  readonly counters: RouteCounters;
  readonly limiter: RateLimiter;
}

/** Works a snapshot out. Throws when it makes no sense; changes nothing but `lasting`, which gets its new routes. */
export function compile(
  content: SnapshotContent,
  pools: ReadonlyMap<string, Pool>,
  lasting: Map<string, LastingRoute>,
): CoreConfig {
  const router = compileRouter(content);
  for (const { id, policy } of content.routes) {
    const known = lasting.get(id);
    if (known === undefined)
      lasting.set(id, { counters: new RouteCounters(), limiter: createRateLimiter(policy.rateLimit) });
    else known.limiter.configure(policy.rateLimit);
  }
  const ids = new Set(content.routes.map((route) => route.id));
  for (const id of lasting.keys()) if (!ids.has(id)) lasting.delete(id);
  const challenges = new Map(
    content.challenges.map(({ host, token, answer }) => [`${host}/${token}`, plainText(200, answer)]),
  );
  return { router, pools, challenges, planOf: planner(lasting), fitsServerName: serverNames(content) };
}

/** Plans are made when a route gets its first request: a snapshot may have thousands that never do. */
function planner(lasting: ReadonlyMap<string, LastingRoute>): CoreConfig["planOf"] {
  const plans = new Map<RouteEntry, RoutePlan>();
  return (entry) => {
    const plan = plans.get(entry);
    if (plan !== undefined) return plan;
    const { id, policy } = entry.route;
    const known = lasting.get(id) ?? {
      counters: new RouteCounters(),
      limiter: createRateLimiter(policy.rateLimit),
    };
    const made = planRoute(entry, known);
    plans.set(entry, made);
    return made;
  };
}

/**
 * A request may be for another host than the connection's server name only when one certificate covers both, as browsers that share
 * connections assume (RFC 9113 section 9.1.1).
 */
function serverNames({ certificates }: SnapshotContent): CoreConfig["fitsServerName"] {
  const covers = (hosts: readonly string[], host: string) =>
    hosts.includes(host) || hosts.includes(`*${host.slice(Math.max(0, host.indexOf(".")))}`);
  return (host, serverName) =>
    certificates.some(({ hosts }) => covers(hosts, host) && covers(hosts, serverName));
}
