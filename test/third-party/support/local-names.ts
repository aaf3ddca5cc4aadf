import assert from "node:assert/strict";
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";

/**
 * Names below `localhost` are this machine (RFC 6761 section 6.3). Browsers and curl know that; Node asks the system's resolver,
 * which knows it on some machines only. Here Node knows it, in this process and in those that get `withLocalNames`.
 */
const system = dns.lookup;
const local = Object.assign(
  (name: string, ...rest: readonly unknown[]): unknown =>
    Reflect.apply(system, dns, [name.endsWith(".localhost") ? "127.0.0.1" : name, ...rest]),
  system, // with what promisify looks for
);
dns.lookup = local;
syncBuiltinESMExports();

/** For the environment of another Node. */
export const withLocalNames = {
  NODE_OPTIONS: `--import=${import.meta.url}`,
} as const;

/** The address that a deploy printed as its last line; this process finds it. */
export function addressIn(printed: string): URL {
  const address = /^http:\S+$/m.exec(printed)?.[0];
  assert.ok(address !== undefined, printed);
  return new URL(address);
}
