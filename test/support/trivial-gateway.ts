import { createServer } from "node:http";
import type { Socket } from "node:net";
import { isoTime, systemClock } from "#lib/clock.ts";
import { runGateway } from "#main/gateway/run-gateway.ts";
import type { ConnectionFacts, Gateway } from "#traffic/gateway/gateway-contract.ts";
import type { SnapshotContent } from "#traffic/snapshot.ts";

/** A program: a gateway process with a data path that answers by itself, so that tests see the process and nothing else. */
function trivialGateway(): Gateway {
  let content: SnapshotContent | undefined;
  let isDraining = false;
  const sockets = new Set<Socket>();
  const gateway: Gateway = {
    onAccess: undefined,
    apply: (next) => {
      if (next.routes.some(({ name }) => name === "senseless")) throw new Error("it makes no sense");
      content = next;
    },
    accept: (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      server.emit("connection", socket);
    },
    drain: async ({ deadlineMs }) => {
      isDraining = true;
      const end = systemClock.monotonic() + deadlineMs;
      while (sockets.size > 0 && systemClock.monotonic() < end) await systemClock.sleep(5);
      for (const socket of sockets) socket.destroy();
    },
    status: () => ({
      connections: sockets.size,
      members: (content?.pools ?? []).flatMap((pool) =>
        pool.members.map(({ id, state }) => ({
          id,
          state,
          pool: pool.id,
          health: "healthy" as const,
          inFlight: 0,
          upgraded: 0,
          requests: 0,
          failures: 0,
          concurrencyLimit: 1,
        })),
      ),
      routes: [],
    }),
  };
  const server = createServer((request, response) => {
    if (isDraining) response.setHeader("connection", "close");
    request.resume().once("end", () => {
      response.end(
        JSON.stringify({ pid: process.pid, routes: content?.routes.map(({ name }) => name) ?? [] }),
      );
      gateway.onAccess?.({
        at: isoTime(systemClock.now()),
        id: "r",
        client: "",
        protocol: "HTTP/1.1",
        tls: false,
        method: request.method ?? "",
        host: "",
        path: request.url ?? "",
        status: 200,
        requestBytes: 0,
        responseBytes: 0,
        attempts: 1,
        totalMs: 0,
        heldMs: 0,
        connectMs: 0,
        responseMs: 0,
        pool: "default/news/web",
      });
    });
  });
  server.keepAliveTimeout = 0;
  return gateway;
}

await runGateway(() => {
  const gateway = trivialGateway();
  return {
    gateway,
    secure: {
      apply: () => undefined,
      accept: (socket: Socket, facts: ConnectionFacts) => gateway.accept(socket, facts),
    },
  };
});
