import { WebSocketServer, type WebSocket } from "ws";
import { VdcError } from "#api/errors.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { ServerLimits } from "../limits.ts";
import { createPlaces, type Places } from "../places.ts";
import type { Peer } from "./peer.ts";
import { RunningSocket, type RunningSocketOptions, type SocketEnding } from "./running-socket.ts";
import type { Upgrade } from "./upgrades.ts";

/** Every WebSocket that is open: bounded, checked, and ended when the server stops. */
export interface Sockets extends Places {
  /** Places of workers: a pool that grows must not keep its operator from a terminal. */
  readonly workers: Places;
  /** Answers the upgrade with 101 and speaks until either side ends; resolves with the reason when the socket is gone. */
  run(
    upgrade: Upgrade,
    options: Pick<RunningSocketOptions, "principal" | "recheck">,
    speak: (peer: Peer) => Promise<void>,
  ): Promise<SocketEnding>;
  /** Ends every socket with the close code 1001; resolves when all are gone. */
  closeAll(): Promise<void>;
  readonly open: number;
}

export function createSockets(options: {
  readonly limits: ServerLimits;
  readonly clock: Clock;
  readonly log: Log;
}): Sockets {
  const { limits } = options;
  // No compression: terminals send little, and a context for each socket costs memory (and CRIME-like attacks a thought).
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.socketMessageBytes,
  });
  const places = createPlaces({
    what: "WebSockets",
    all: limits.sockets,
    perCaller: limits.socketsPerCaller,
  });
  const workers = createPlaces({
    what: "workers",
    all: limits.workers,
    perCaller: limits.workersPerCaller,
  });
  const running = new Map<RunningSocket, Promise<void>>();
  let isClosed = false;
  return {
    reserve: (caller) => places.reserve(caller),
    workers,
    async run(upgrade, { principal, recheck }, speak) {
      const socket = await handshake(server, upgrade);
      if (socket === undefined) return "peer-left";
      const one = new RunningSocket(socket, { ...options, principal, recheck });
      if (isClosed) one.end("shutdown");
      const done = one.run(speak);
      running.set(one, done);
      try {
        await done;
      } finally {
        running.delete(one);
      }
      return one.ending;
    },
    async closeAll() {
      isClosed = true;
      for (const one of running.keys()) one.end("shutdown");
      await Promise.allSettled(running.values()); // their failures were logged where they happened
    },
    get open() {
      return running.size;
    },
  };
}

/** Throws `bad-request` for a handshake (RFC 6455 section 4.2.1) that cannot be answered with 101. */
export function requireHandshake(upgrade: Upgrade | undefined): asserts upgrade is Upgrade {
  if (upgrade === undefined)
    throw new VdcError("bad-request", "This address speaks WebSocket: ask for an upgrade.");
  const { headers } = upgrade.request;
  if (headers["sec-websocket-version"] !== "13")
    throw new VdcError("bad-request", "Sec-WebSocket-Version must be 13.");
  if (!/^[+/0-9A-Za-z]{22}==$/.test(String(headers["sec-websocket-key"])))
    throw new VdcError("bad-request", "Sec-WebSocket-Key must be 16 bytes in base64.");
}

/** Undefined when the peer left before it was answered. */
function handshake(server: WebSocketServer, upgrade: Upgrade): Promise<WebSocket | undefined> {
  const { request, socket, head } = upgrade;
  if (socket.destroyed) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const gone = () => resolve(undefined);
    socket.once("close", gone);
    upgrade.takeSocket();
    server.handleUpgrade(request, socket, head, (made) => {
      socket.off("close", gone);
      resolve(made);
    });
  });
}
