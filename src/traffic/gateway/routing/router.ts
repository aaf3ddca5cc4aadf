import { assert } from "#lib/assert.ts";
import type { Random } from "#lib/random.ts";
import type { SnapshotContent, SnapshotRoute } from "../../snapshot.ts";
import { createPathTable, type HeaderOf, type PathTable, type RouteEntry } from "./path-table.ts";

/** Finds the route of a request. Built anew for each snapshot and never changed. */
export interface Router {
  /**
   * `host`: lower case, without port and last dot, as `RequestHead.host`. `path`: origin form without the query, as it came: it is
   * only read here, and forwarded unaltered. `*` (of OPTIONS) fits a route for `/`.
   */
  match(host: string, path: string, method: string, headers: HeaderOf): RouteEntry | NoRoute;
}

/** Why no route fits, as the status that says so. 400: the path can be read in two ways that lead to different routes. */
export interface NoRoute {
  readonly kind: "no-route";
  readonly why: "unknown-host" | "unknown-path" | "method-not-allowed" | "path-ambiguous";
  readonly status: 400 | 404 | 405;
  /** Value of Allow with 405; else empty. */
  readonly allow: string;
}

/** RFC 1035 section 2.3.4. A longer one cannot be anybody's. */
const maxHostLength = 253;

const unknownHost: NoRoute = { kind: "no-route", why: "unknown-host", status: 404, allow: "" };
const unknownPath: NoRoute = { kind: "no-route", why: "unknown-path", status: 404, allow: "" };
const ambiguous: NoRoute = { kind: "no-route", why: "path-ambiguous", status: 400, allow: "" };

/**
 * An exact host wins over a wildcard, a longer wildcard over a shorter one. The host that wins has all its paths: what it does not
 * know is not looked for under a wildcard, so nobody can put paths under a name that somebody else has. A wildcard stands
 * for one label or more. Throws an `AssertionFault` for routes that make no sense, before anything is in use.
 */
export function compileRouter(content: Pick<SnapshotContent, "routes" | "pools">): Router {
  const { exact, wildcards } = tablesOf(content);

  function tableOf(host: string): PathTable | undefined {
    const table = exact.get(host);
    if (table !== undefined || wildcards.size === 0 || host.length > maxHostLength) return table;
    for (let dot = host.indexOf("."); dot !== -1; dot = host.indexOf(".", dot + 1)) {
      const wildcard = wildcards.get(host.slice(dot + 1));
      if (wildcard !== undefined) return wildcard;
    }
    return undefined;
  }

  return {
    match(host, path, method, headers) {
      const table = tableOf(host);
      if (table === undefined) return unknownHost;
      const found = table.find(path, method, headers);
      if (found === undefined) return unknownPath;
      if (found === "ambiguous") return ambiguous;
      if (found.kind === "route") return found;
      return { kind: "no-route", why: "method-not-allowed", status: 405, allow: found.allow };
    },
  };
}

/** The pool for one request, by weight; `undefined` when no backend has any. */
export function chooseBackend({ backends, sums }: RouteEntry, random: Random): string | undefined {
  if (backends.length <= 1) return backends[0];
  const point = random.fraction() * (sums.at(-1) ?? 0);
  return backends[sums.findIndex((sum) => point < sum)];
}

/** Tables by exact host, and by what follows `*.`. */
function tablesOf({ routes, pools }: Pick<SnapshotContent, "routes" | "pools">) {
  const poolIds = new Set(pools.map((pool) => pool.id));
  assert(poolIds.size === pools.length, "a snapshot has each pool once");
  for (const { members } of pools)
    assert(
      new Set(members.map((member) => member.id)).size === members.length,
      "a pool has each member once",
    );
  const ids = new Set<string>();
  const byHost = new Map<string, RouteEntry[]>();
  for (const route of routes) {
    assert(!ids.has(route.id), "a snapshot has each route once");
    ids.add(route.id);
    const entry = entryOf(route, poolIds);
    for (const host of new Set(route.hosts)) {
      const entries = byHost.get(host);
      if (entries === undefined) byHost.set(host, [entry]);
      else entries.push(entry);
    }
  }
  const exact = new Map<string, PathTable>();
  const wildcards = new Map<string, PathTable>();
  for (const [host, entries] of byHost)
    if (host.startsWith("*.")) wildcards.set(host.slice(2), createPathTable(entries));
    else exact.set(host, createPathTable(entries));
  return { exact, wildcards };
}

function entryOf(route: SnapshotRoute, poolIds: ReadonlySet<string>): RouteEntry {
  const backends = route.backends.filter((backend) => backend.weight > 0);
  for (const { pool } of route.backends)
    assert(poolIds.has(pool), "every backend of a route is a pool of its snapshot");
  let sum = 0;
  const sums = backends.map((backend) => (sum += backend.weight));
  return { kind: "route", route, backends: backends.map((backend) => backend.pool), sums };
}
