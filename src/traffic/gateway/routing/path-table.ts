import type { SnapshotRoute } from "../../snapshot.ts";
import { canonicalPath, otherReadings } from "./path-readings.ts";

/** A route with what choosing it and its backend needs, worked out once. */
export interface RouteEntry {
  readonly kind: "route";
  readonly route: SnapshotRoute;
  /** Backends that can be chosen, and the running sum of their weights. */
  readonly backends: readonly string[];
  readonly sums: readonly number[];
}

/** The header of a request by its name in lower case; lines of the same name are joined with ", ". */
export type HeaderOf = (name: string) => string | undefined;

/** A path that fits, and a method that does not. */
export interface OtherMethods {
  readonly kind: "other-methods";
  /** For Allow (RFC 9110 section 10.2.1). */
  readonly allow: string;
}

/** All routes of one host. */
export interface PathTable {
  /** `undefined`: no path fits. "ambiguous": see path-readings.ts. */
  find(path: string, method: string, headers: HeaderOf): RouteEntry | OtherMethods | "ambiguous" | undefined;
}

/** Prefixes of one length. There are as many as lengths in use, so a path with many slashes costs no more than another. */
interface PrefixesOfLength {
  readonly length: number;
  readonly entries: Map<string, RouteEntry[]>;
}

const slash = 0x2f;

export function createPathTable(entries: readonly RouteEntry[]): PathTable {
  const exact = new Map<string, RouteEntry[]>();
  const byLength = new Map<number, PrefixesOfLength>();
  for (const entry of entries.toSorted(moreConditionsFirst)) {
    if (entry.route.path.exact !== undefined) add(exact, canonicalPath(entry.route.path.exact), entry);
    else {
      const prefix = canonicalPath(entry.route.path.prefix ?? "/").replace(/\/+$/, "");
      const same = byLength.get(prefix.length) ?? { length: prefix.length, entries: new Map() };
      add(same.entries, prefix, entry);
      byLength.set(prefix.length, same);
    }
  }
  const prefixes = [...byLength.values()].toSorted((a, b) => b.length - a.length);
  const hasOnePath = exact.size === 0 && prefixes.length === 1 && prefixes[0]?.length === 0;

  function findReading(path: string, method: string, headers: HeaderOf): RouteEntry | undefined {
    const exactEntries = exact.get(path);
    const found = exactEntries && firstThatFits(exactEntries, method, headers);
    if (found !== undefined) return found;
    for (const prefix of prefixes) {
      const fitting = prefixEntries(prefix, path);
      const entry = fitting && firstThatFits(fitting, method, headers);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  /** Only after nothing was found: which methods would have been right. */
  function otherMethods(path: string, headers: HeaderOf): OtherMethods | undefined {
    const allowed = new Set<string>();
    const lists = [exact.get(path), ...prefixes.map((prefix) => prefixEntries(prefix, path))];
    for (const entry of lists.flatMap((list) => list ?? []))
      if (headersFit(entry, headers)) for (const method of entry.route.methods) allowed.add(method);
    return allowed.size === 0
      ? undefined
      : { kind: "other-methods", allow: [...allowed].toSorted().join(", ") };
  }

  return {
    find(path, method, headers) {
      if (hasOnePath) return findReading(path, method, headers) ?? otherMethods(path, headers);
      const canonical = canonicalPath(path);
      const found = findReading(canonical, method, headers);
      const readings = otherReadings(canonical);
      if (readings === undefined) return "ambiguous";
      for (const reading of readings) if (findReading(reading, method, headers) !== found) return "ambiguous";
      return found ?? otherMethods(canonical, headers);
    },
  };
}

function prefixEntries(prefix: PrefixesOfLength, path: string): readonly RouteEntry[] | undefined {
  const { length, entries } = prefix;
  if (length === 0) return entries.get("");
  if (path.length < length) return undefined;
  if (path.length > length && path.charCodeAt(length) !== slash) return undefined;
  return entries.get(path.length === length ? path : path.slice(0, length));
}

function firstThatFits(
  entries: readonly RouteEntry[],
  method: string,
  headers: HeaderOf,
): RouteEntry | undefined {
  for (const entry of entries) if (methodFits(entry, method) && headersFit(entry, headers)) return entry;
  return undefined;
}

function methodFits({ route }: RouteEntry, method: string): boolean {
  return route.methods.length === 0 || route.methods.includes(method);
}

function headersFit({ route }: RouteEntry, headers: HeaderOf): boolean {
  for (const wanted of route.headers) {
    const value = headers(wanted.name);
    if (value === undefined) return false;
    if (wanted.value !== undefined && wanted.value !== value) return false;
  }
  return true;
}

function add(map: Map<string, RouteEntry[]>, key: string, entry: RouteEntry): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [entry]);
  else list.push(entry);
}

/** More headers, then headers with values, then fewer methods (none means all), then the id: never a matter of chance. */
function moreConditionsFirst(a: RouteEntry, b: RouteEntry): number {
  return (
    b.route.headers.length - a.route.headers.length ||
    valuesOf(b) - valuesOf(a) ||
    methodsOf(a) - methodsOf(b) ||
    (a.route.id < b.route.id ? -1 : 1)
  );
}

function valuesOf({ route }: RouteEntry): number {
  return route.headers.filter((header) => header.value !== undefined).length;
}

function methodsOf({ route }: RouteEntry): number {
  return route.methods.length === 0 ? Number.MAX_SAFE_INTEGER : route.methods.length;
}
