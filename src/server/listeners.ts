import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Duplex } from "node:stream";
import { assert } from "#lib/assert.ts";
import type { Clock } from "#lib/clock.ts";
import type { ServerLimits } from "./limits.ts";
import { asksForWebSocket, routeUpgrade } from "./sockets/upgrades.ts";

export type Socket = IncomingMessage["socket"];
export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** The listening sides of one server: TCP, with or without TLS, and the control socket. All have the same limits. */
export interface Listeners {
  create(handler: RequestListener, tls: { readonly cert: string; readonly key: string } | undefined): Server;
  /** Takes no new connections, ends idle ones, and cuts what still runs after `drainMs`. */
  close(): Promise<void>;
}

export function createListeners(options: {
  readonly limits: ServerLimits;
  readonly clock: Clock;
  readonly onParserError: (error: Error & { code?: string }, socket: Duplex) => void;
}): Listeners {
  const { limits } = options;
  const settings = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersTimeoutMs,
    // The longest that any request may take; ours are shorter for all but uploads (`http/body-time.ts`).
    requestTimeout: limits.uploadTimeoutMs,
    connectionsCheckingInterval: limits.timeoutCheckMs,
    keepAliveTimeout: limits.keepAliveMs,
    // A missing Host header is refused by us, with a problem document.
    requireHostHeader: false,
    shouldUpgradeCallback: asksForWebSocket,
    noDelay: true,
  };
  const servers: Server[] = [];
  return {
    create(handler, tls) {
      const server =
        tls === undefined
          ? createServer(settings, handler)
          : // A TLS server has the interface of a plain one; only its type is another.
            (createTlsServer({ ...settings, ...tls, minVersion: "TLSv1.2" }, handler) as unknown as Server);
      server.maxRequestsPerSocket = limits.requestsPerConnection;
      server.maxConnections = limits.connections;
      server.on("clientError", options.onParserError);
      server.on("upgrade", (request, socket, head) =>
        // Both kinds of listener give sockets; Node's type names what they are made from.
        routeUpgrade(handler)(request, socket as Socket, head),
      );
      servers.push(server);
      return server;
    },
    async close() {
      const { clock } = options;
      const all = Promise.all(servers.map(closed));
      const until = clock.monotonic() + limits.drainMs;
      const state = { isClosed: false };
      const done = all.then(() => {
        state.isClosed = true;
        return undefined;
      });
      while (!state.isClosed && clock.monotonic() < until) {
        // A connection that was busy when we began to close stays open for its next request, which will not come.
        for (const server of servers) server.closeIdleConnections();
        await Promise.race([done, clock.sleep(drainPollMs)]);
      }
      for (const server of servers) server.closeAllConnections();
      await all;
    },
  };
}

const drainPollMs = 20;

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve()); // the error says that it never listened, which is as good
    server.closeIdleConnections();
  });
}

/** Resolves with the port (0 for a unix socket) once it listens; rejects with Node's error, such as EADDRINUSE. */
export function listenOn(
  server: Server,
  where: { readonly host: string; readonly port: number } | { readonly path: string },
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => {
      server.off("error", reject);
      const address = server.address();
      assert(address !== null, "a listening server has an address");
      resolve(typeof address === "string" ? 0 : address.port);
    });
  });
}
