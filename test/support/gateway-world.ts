import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { trafficPolicySchema } from "#api/kinds/route.ts";
import { readInto } from "#drivers/tcp/read-into.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import type { AccessEntry } from "#traffic/gateway-api.ts";
import type { Gateway } from "#traffic/gateway/gateway-contract.ts";
import { createGateway } from "#traffic/gateway/gateway.ts";
import { snapshotContentSchema, type SnapshotContent } from "#traffic/snapshot.ts";
import { waitFor } from "./wait-for.ts";

/** A connection of the gateway to an origin: what it sent, and a way to answer by hand. */
export interface OriginConnection {
  readonly socket: Socket;
  /** All bytes that came, as latin1. */
  received: string;
  isEnded: boolean;
}

export interface Origin extends AsyncDisposable {
  readonly port: number;
  readonly server: Server;
  /** Connections that carried at least a byte; health checks only connect. */
  readonly connections: readonly OriginConnection[];
  /** Everything that ever came. */
  readonly received: string;
}

/** A server that records bytes. `answer` is called after each piece that came. */
export async function startOrigin(answer: (connection: OriginConnection) => void): Promise<Origin> {
  const connections: OriginConnection[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const connection: OriginConnection = { socket, received: "", isEnded: false };
    sockets.add(socket);
    socket.on("data", (chunk) => {
      if (connection.received === "") connections.push(connection);
      connection.received += chunk.toString("latin1");
      answer(connection);
    });
    socket.on("error", () => undefined);
    socket.on("end", () => {
      connection.isEnded = true;
      socket.end();
    });
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    server,
    connections,
    get received() {
      return connections.map((connection) => connection.received).join("");
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

const answered = new WeakMap<OriginConnection, number>();

/** Answers each request without a body by a small page, and keeps the connection. */
export function smallPage(connection: OriginConnection): void {
  const requests = connection.received.split("\r\n\r\n").length - 1;
  for (let n = answered.get(connection) ?? 0; n < requests; n += 1)
    connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  answered.set(connection, requests);
}

export interface World extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly port: number;
  readonly entries: readonly AccessEntry[];
  /** Moves the gateway's monotonic clock. */
  advance(ms: number): void;
  apply(change: Partial<RouteInput>, ports?: readonly number[]): void;
  /** The snapshot that comes before the origins are stopped: they get no new request. */
  drainMembers(): void;
}

type RouteInput = Record<string, unknown>;

/** A gateway that listens on a free port and leads `a.test` and `b.test` to the origins. */
export async function startWorld(options: {
  readonly origins: readonly number[];
  readonly policy?: Record<string, unknown>;
  readonly route?: RouteInput;
  /** As with a node that gives no way to read accepted sockets into a buffer of ours. */
  readonly withoutReadInto?: boolean;
}): Promise<World> {
  let ahead = 0;
  const entries: AccessEntry[] = [];
  const gateway = createGateway({
    name: "test",
    ports: {
      connect: (address, port, onread) =>
        connect({ host: address, port, noDelay: true, allowHalfOpen: true, onread }),
      ...(options.withoutReadInto === true ? {} : { readInto }),
      clock: { ...systemClock, monotonic: () => systemClock.monotonic() + ahead },
      random: systemRandom,
      log: silentLog,
    },
  });
  gateway.onAccess = (entry) => entries.push(entry);
  const apply = (route: RouteInput, origins: readonly number[]) =>
    gateway.apply(contentOf(origins, options.policy ?? {}, { ...options.route, ...route }));
  apply({}, options.origins);
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const { remoteAddress = "", remotePort = 0, localPort = 0 } = socket;
    gateway.accept(socket, {
      tls: false,
      clientAddress: remoteAddress,
      clientPort: remotePort,
      localPort,
      serverName: "",
      protocol: "http/1",
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // Before the first checks have passed a request is held, and its answer says so.
  await waitFor(() => gateway.status().members.every(({ health }) => health === "healthy") || undefined, {
    withinMs: 5_000,
    what: "the members are healthy",
  });
  return {
    gateway,
    port: (server.address() as AddressInfo).port, // it listens on TCP
    entries,
    advance: (ms) => {
      ahead += ms;
    },
    apply: (route, origins = options.origins) => apply(route, origins),
    drainMembers: () => {
      const content = contentOf(options.origins, options.policy ?? {}, { ...options.route });
      const pools = content.pools.map((pool) => ({
        ...pool,
        members: pool.members.map((member) => ({ ...member, state: "draining" as const })),
      }));
      gateway.apply({ ...content, pools });
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      await gateway.drain({ deadlineMs: 0 });
    },
  };
}

function contentOf(
  origins: readonly number[],
  policy: Record<string, unknown>,
  route: RouteInput,
): SnapshotContent {
  const parsed = trafficPolicySchema.parse(policy);
  return snapshotContentSchema.parse({
    routes: [
      {
        id: "p/r",
        project: "p",
        name: "r",
        hosts: ["a.test", "b.test"],
        backends: [{ pool: "p/a/web", weight: 1 }],
        policy: parsed,
        ...route,
      },
    ],
    pools: [
      {
        id: "p/a/web",
        project: "p",
        app: "a",
        component: "web",
        policy: parsed,
        members: origins.map((port, n) => ({
          id: `member-${n}`,
          name: `a-web-${n}`,
          address: "127.0.0.1",
          port,
          state: "active",
          group: "1",
        })),
      },
    ],
    certificates: [],
    challenges: [{ host: "a.test", token: "token", answer: "token.answer" }],
  });
}

/** A client by hand. */
export interface RawClient extends AsyncDisposable {
  readonly socket: Socket;
  /** Everything that came back, as latin1. */
  readonly received: string;
  readonly isEnded: boolean;
  send(bytes: string): void;
}

export async function rawClient(port: number): Promise<RawClient> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true, allowHalfOpen: true });
  let received = "";
  let isEnded = false;
  socket.on("data", (chunk) => (received += chunk.toString("latin1")));
  socket.on("error", () => undefined); // "close" follows
  socket.on("end", () => (isEnded = true));
  socket.on("close", () => (isEnded = true));
  await once(socket, "connect");
  return {
    socket,
    get received() {
      return received;
    },
    get isEnded() {
      return isEnded;
    },
    send: (bytes) => void socket.write(bytes, "latin1"),
    [Symbol.asyncDispose]: async () => {
      if (socket.destroyed) return;
      socket.destroy();
      await once(socket, "close");
    },
  };
}
