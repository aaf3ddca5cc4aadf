import type { SnapshotRoute } from "../../snapshot.ts";
import type { RateLimiter } from "../limits/rate-limiter.ts";
import type { RouteEntry } from "../routing/path-table.ts";
import type { RouteCounters } from "./counters.ts";
import { withoutLines } from "./fields.ts";

/** A route with everything that its requests need, worked out once for each snapshot. */
export interface RoutePlan {
  readonly entry: RouteEntry;
  readonly route: SnapshotRoute;
  readonly counters: RouteCounters;
  readonly limiter: RateLimiter;
  /** `undefined`: nothing is edited, which is the quick way. */
  readonly editRequest: ((fields: string) => string) | undefined;
  readonly editResponse: ((fields: string) => string) | undefined;
  readonly rewriteTarget: ((target: string) => string) | undefined;
  /** Finds the sticky cookie's value in header lines. */
  readonly stickyValue: RegExp | undefined;
  readonly hashHeader: string | undefined;
}

/** What a route must not edit, because the gateway frames and directs messages by it. */
const notEdited: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "transfer-encoding",
  "upgrade",
  "te",
  "trailer",
  "keep-alive",
  "host",
  "expect",
]);

export function planRoute(
  entry: RouteEntry,
  lasting: { readonly counters: RouteCounters; readonly limiter: RateLimiter },
): RoutePlan {
  const { route } = entry;
  const { rewrite, policy } = route;
  const cookie = policy.sticky?.cookie;
  return {
    entry,
    route,
    ...lasting,
    editRequest: editor(route.requestHeaders, rewrite?.host),
    editResponse: editor(route.responseHeaders, undefined),
    rewriteTarget:
      rewrite?.stripPrefix === undefined && rewrite?.addPrefix === undefined
        ? undefined
        : (target) => rewritten(target, rewrite.stripPrefix ?? "", rewrite.addPrefix ?? ""),
    stickyValue:
      cookie === undefined
        ? undefined
        : new RegExp(`(?:^|\\r\\n)cookie:(?:[^\\r\\n]*;)?[ \\t]*${cookie}=([0-9a-z]{14})(?:[;\\r\\t ])`, "i"),
    hashHeader: policy.hashOn.startsWith("header:") ? policy.hashOn.slice("header:".length) : undefined,
  };
}

function editor(edit: SnapshotRoute["requestHeaders"], host: string | undefined) {
  const set = Object.entries(edit.set).filter(([name]) => !notEdited.has(name));
  const remove = new Set(
    [...edit.remove, ...set.map(([name]) => name)].filter((name) => !notEdited.has(name)),
  );
  if (host !== undefined) remove.add("host");
  if (remove.size === 0) return undefined;
  const added = [...set, ...(host === undefined ? [] : [["host", host] as const])];
  const lines = added.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return (fields: string) => withoutLines(fields, remove) + lines;
}

/** A prefix is stripped at a '/' only: /shop from /shop/cart and /shop?x, not from /shopping. */
function rewritten(target: string, strip: string, add: string): string {
  if (!target.startsWith("/")) return target;
  let rest = target;
  const prefix = strip.replace(/\/$/, "");
  if (prefix !== "" && target.startsWith(prefix) && /^(?:[/?]|$)/.test(target.slice(prefix.length)))
    rest = target.slice(prefix.length);
  if (!rest.startsWith("/")) rest = `/${rest}`;
  // Two slashes at the start of a target would be read as an authority by some.
  rest = rest.replace(/^\/{2,}/, "/");
  return add.replace(/\/$/, "") + rest;
}
