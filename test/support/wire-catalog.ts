import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { once } from "node:events";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import type { CatalogAdmin } from "#objects/admin.ts";
import type { Catalog } from "#objects/catalog.ts";
import { CatalogConnection } from "#objects/wire/client.ts";
import { FedConfiguration } from "#objects/wire/configuration.ts";
import { ConfigurationFeed } from "#objects/wire/feed.ts";
import { CatalogServer } from "#objects/wire/server.ts";

export const emptyFacts = {
  storeId: "store",
  masterKeyId: "key",
  layout: { k: 1, m: 0, copies: 1 },
  drives: [],
  drills: [],
};

const later = (run: () => void) => void setImmediate(run);

/** Everything that a socket needs, on a real one; `calls` are the methods that the test answers. */
export async function serveWire(
  path: string,
  calls: Partial<Catalog>,
  admin: Partial<CatalogAdmin> = {},
): Promise<{
  readonly server: CatalogServer;
  readonly feed: ConfigurationFeed;
  readonly catalog: Catalog;
  readonly end: () => Promise<void>;
}> {
  rmSync(path, { force: true });
  const feed = new ConfigurationFeed(systemClock);
  const server = new CatalogServer({
    feed,
    admin: admin as CatalogAdmin, // a test calls what it gave
    onCounts: () => undefined,
    log: silentLog,
    later,
  });
  const listener: Server = createServer((socket) => server.accept(socket));
  listener.listen(path);
  await once(listener, "listening");
  const catalog = calls as Catalog; // as above
  return {
    server,
    feed,
    catalog,
    end: async () => {
      const closed = once(listener, "close");
      listener.close();
      server.end();
      await closed;
    },
  };
}

export function connectWire(
  path: string,
  options: { readonly front?: boolean } = {},
): {
  readonly connection: CatalogConnection;
  readonly configuration: FedConfiguration;
} {
  const configuration = new FedConfiguration(systemClock);
  const connection = new CatalogConnection({
    name: "test",
    connect: () => connect({ path }),
    ...(options.front === true ? { configuration } : {}),
    clock: systemClock,
    random: systemRandom,
    later,
  });
  return { connection, configuration };
}

/** As a program that a test may kill: does each command once, and remembers it in a file before it answers. */
if (import.meta.main) {
  const [, , path = "", file = ""] = process.argv;
  const done = new Set(existsSync(file) ? readFileSync(file, "utf8").split("\n") : []);
  const discard = async (input: object): Promise<void> => {
    const { callId } = input as { readonly callId: string }; // the test's own input
    if (!done.has(callId)) {
      done.add(callId);
      appendFileSync(file, `${callId}\n`);
    }
    await systemClock.sleep(1);
  };
  const { server, feed, catalog } = await serveWire(path, { discard });
  feed.reset({ facts: emptyFacts, buckets: [], keys: [], segments: [] });
  server.open(catalog);
  process.send?.("ready");
}
