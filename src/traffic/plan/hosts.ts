import { canonicalJson } from "#lib/json.ts";
import { byAge, projectOf, type Route, type TrafficPlace } from "./facts.ts";

/** What became of the hosts that one route asks for. */
export interface RouteHosts {
  readonly route: Route;
  /** Hosts that it serves, in the order of its spec. */
  readonly hosts: readonly string[];
  /** Why others are not served; one sentence each. Never names another project. */
  readonly conflicts: readonly string[];
}

/** Who owns which host pattern, and which routes serve it. */
export interface HostTable {
  readonly routes: readonly RouteHosts[];
  /** Project that a host pattern belongs to: by its own route, else by the nearest wildcard above it. */
  ownerOf(pattern: string): string | undefined;
  /** Patterns that are owned and lie under the wildcard, the wildcard itself among them. */
  under(wildcard: string): readonly { readonly pattern: string; readonly project: string }[];
}

/**
 * Gives every host to one project: the one whose route asked first. A name under another project's older wildcard is
 * that project's; one that was there before the wildcard keeps its owner, because the most specific route wins.
 * Within a project two routes may share a host, unless they ask for the very same requests.
 */
export function planHosts(
  routes: readonly Route[],
  { domain, ownHosts = [] }: Pick<TrafficPlace, "domain" | "ownHosts">,
): HostTable {
  const owners = new Map<string, string>();
  const asked = new Map<string, string>();
  const planned = routes.toSorted(byAge).map((route): RouteHosts => {
    const hosts: string[] = [];
    const conflicts: string[] = [];
    for (const host of new Set(route.spec.hosts)) {
      const conflict =
        tooWide(host, domain) ??
        ours(host, ownHosts) ??
        takenByOthers(host, projectOf(route), owners) ??
        sameRequests(host, route, asked);
      if (conflict !== undefined) {
        conflicts.push(conflict);
        continue;
      }
      owners.set(host, projectOf(route));
      asked.set(requestsKey(host, route), route.name);
      hosts.push(host);
    }
    return { route, hosts, conflicts };
  });
  return {
    routes: planned,
    ownerOf: (pattern) =>
      owners.get(pattern) ??
      wildcardsAbove(pattern)
        .map((one) => owners.get(one))
        .find(isText),
    under: (wildcard) =>
      [...owners]
        .filter(([pattern]) => pattern === wildcard || isUnder(pattern, wildcard))
        .map(([pattern, project]) => ({ pattern, project })),
  };
}

/** Whoever has `*.org`, or every name that the data center gives to apps, stands in the way of everybody else. */
function tooWide(host: string, domain: string): string | undefined {
  if (!host.startsWith("*.")) return undefined;
  if (host === `*.${domain}`)
    return `${host} is shared by all projects; use names of your own below ${domain}`;
  if (!host.slice(2).includes(".")) return `${host} is too wide: a wildcard needs two labels behind it`;
  return undefined;
}

/** What ends in digits is an IPv4 address to a browser (WHATWG URL, section 3.5), whatever else it says. */
const addressOrLoopback = /^(?:localhost|(?:.*\.)?(?:\d+|0x[0-9a-f]*))$/;

/**
 * Cookies know no ports (RFC 6265 section 8.5): an app under the console's name is sent the session of everybody who opens it, and with
 * an owner's session it is an owner.
 */
function ours(host: string, ownHosts: readonly string[]): string | undefined {
  if (addressOrLoopback.test(host))
    return `${host} is an address of the data center itself; give the route a name of its own`;
  const covered = ownHosts.map((own) => own.toLowerCase()).find((own) => own === host || covers(host, own));
  if (covered === undefined) return undefined;
  return `${host} ${covered === host ? "is" : "covers"} the name of the data center itself; its sessions would be sent to the app`;
}

function covers(pattern: string, host: string): boolean {
  return pattern.startsWith("*.") && host.endsWith(pattern.slice(1));
}

function takenByOthers(
  host: string,
  project: string,
  owners: ReadonlyMap<string, string>,
): string | undefined {
  const owner = owners.get(host);
  if (owner !== undefined) return owner === project ? undefined : `${host} is taken by another project`;
  const wildcard = wildcardsAbove(host).find((pattern) => owners.has(pattern));
  if (wildcard === undefined || owners.get(wildcard) === project) return undefined;
  return `${host} lies under a wildcard that is taken by another project`;
}

function sameRequests(host: string, route: Route, asked: ReadonlyMap<string, string>): string | undefined {
  const older = asked.get(requestsKey(host, route));
  if (older === undefined) return undefined;
  return `route ${older} of this project serves the same requests of ${host}`;
}

/** Equal for routes that match exactly the same requests of a host. Only asked for hosts of one project. */
function requestsKey(host: string, { spec }: Route): string {
  const { path, headers, methods } = spec;
  const matched = headers.map(({ name, value }) => ({ name, value })).toSorted((a, b) => order(a, b));
  return canonicalJson([host, { ...path }, matched, methods.toSorted()]);
}

function order(a: { name: string; value: string | undefined }, b: typeof a): number {
  const [left, right] = [`${a.name} ${a.value ?? ""}`, `${b.name} ${b.value ?? ""}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** `*.b.c` and `*.c` for `a.b.c`; nearest first. A host has at most 127 labels. */
function wildcardsAbove(pattern: string): readonly string[] {
  const labels = pattern.split(".");
  return labels.slice(1).flatMap((_, at) => {
    const above = `*.${labels.slice(at + 1).join(".")}`;
    return above === pattern ? [] : [above];
  });
}

function isUnder(pattern: string, wildcard: string): boolean {
  return pattern.endsWith(wildcard.slice(1));
}

function isText(value: string | undefined): value is string {
  return value !== undefined;
}
