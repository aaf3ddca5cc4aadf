import { createServer } from "node:net";
import type { Random } from "#lib/random.ts";

/** Below the ports that Linux gives to outgoing connections (32768 and up), above what services are known by. */
export const instancePorts = { first: 20_000, last: 29_999 } as const;

/**
 * A port of the range that is not in `taken` and that nothing listens on now; undefined when there is none. Begins at a
 * random one: a number that was free a moment ago may still be in somebody's list.
 */
export async function freePortNumber(
  taken: ReadonlySet<number>,
  random: Random,
  range: { readonly first: number; readonly last: number } = instancePorts,
): Promise<number | undefined> {
  const count = range.last - range.first + 1;
  const start = Math.floor(random.fraction() * count);
  for (let at = 0; at < count; at += 1) {
    const port = range.first + ((start + at) % count);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  return undefined;
}

/** By listening there: a program on all addresses is in the way, too. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once("error", () => resolve(false)); // taken, or not ours to take
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
