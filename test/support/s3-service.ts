import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";

import type { Clock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import type { KeyScope } from "#objects/records.ts";
import { objectLookups } from "#objects/s3/auth/object-lookups.ts";
import { SigningKeys } from "#objects/s3/auth/signing-key.ts";
import { s3Handler, type Observation, type S3HandlerOptions } from "#objects/s3/server/handler.ts";
import { memoryObjectStore, type MemoryObjectStore } from "#test/support/object-store.ts";

const fullScope: KeyScope = { access: "full" };

/** The real S3 service over a store in memory, on a port of its own. */
export interface S3Service extends AsyncDisposable {
  readonly port: number;
  readonly endpoint: string;
  readonly store: MemoryObjectStore;
  readonly observations: readonly Observation[];
  /** A client of the project "shop", or with a key of its own. */
  client(
    config?: S3ClientConfig & { readonly project?: string; readonly scope?: KeyScope },
  ): Promise<S3Client>;
}

export async function s3Service(
  options: {
    readonly clock?: Clock;
    readonly handler?: Partial<S3HandlerOptions>;
    /** Changes the store, for faults. */
    readonly wrap?: (store: MemoryObjectStore) => MemoryObjectStore;
  } = {},
): Promise<S3Service> {
  const memory = await memoryObjectStore(options.clock === undefined ? {} : { clock: options.clock });
  const store = options.wrap?.(memory) ?? memory;
  const observations: Observation[] = [];
  const handler = s3Handler({
    store,
    log: silentLog,
    admission: {
      configuration: store.configuration,
      signing: new SigningKeys(),
      clock: store.clock,
      region: store.region,
      baseDomains: ["s3.test"],
      ...objectLookups(store.catalog),
    },
    observe: (observation) => observations.push(observation),
    ...options.handler,
  });
  const server = createServer((request, response) => handler(request, response));
  server.on("checkContinue", (request, response) => handler(request, response, true));
  // Expectations that nobody knows are not answered with 417: S3 passes them over.
  server.on("checkExpectation", (request, response) => handler(request, response));
  const port = await listen(server);
  const endpoint = `http://127.0.0.1:${port}`;
  const clients: S3Client[] = [];
  let keys = 0;
  return {
    port,
    endpoint,
    store,
    observations,
    client: async ({ project = "shop", scope = fullScope, ...config } = {}) => {
      keys += 1;
      const accessKeyId = `AKIATEST${String(keys).padStart(12, "0")}`;
      const secretAccessKey = `secret-of-${accessKeyId}`;
      const key = { accessKeyId, secretAccessKey, owner: project, project, scope, createdAt: 0 };
      await store.catalog.putKey({ key });
      const client = new S3Client({
        endpoint,
        region: store.region,
        forcePathStyle: true,
        credentials: { accessKeyId, secretAccessKey },
        maxAttempts: 1,
        ...config,
      });
      clients.push(client);
      return client;
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an address with a port.
  return (server.address() as AddressInfo).port;
}
