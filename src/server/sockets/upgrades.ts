import { ServerResponse, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { RequestListener, Socket } from "../listeners.ts";

/** A request that asks to leave HTTP, before it is answered. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What came after the request's head already. */
  readonly head: Buffer;
  /** From now on the socket is the caller's: no HTTP answer can be sent any more. */
  takeSocket(): void;
}

const upgrades = new WeakMap<IncomingMessage, Upgrade>();

/** Whether Node is to hand over the connection. Other upgrades (h2c) are served as the plain requests they also are. */
export function asksForWebSocket(request: IncomingMessage): boolean {
  return request.method === "GET" && request.headers.upgrade?.trim().toLowerCase() === "websocket";
}

/** The upgrade behind a request, when it is one. */
export function upgradeOf(request: IncomingMessage): Upgrade | undefined {
  return upgrades.get(request);
}

/**
 * Sends an upgrade the way of every other request, so that the same hooks decide about it and a refusal is an
 * ordinary answer, after which the connection ends.
 */
export function routeUpgrade(
  handler: RequestListener,
): (request: IncomingMessage, socket: Socket, head: Buffer) => void {
  return (request, socket, head) => {
    const response = new ServerResponse(request);
    let isTaken = false;
    const cut = () => {
      if (!isTaken) socket.destroy();
    };
    socket.on("error", cut); // whoever left is gone; without a listener it would end the process
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once("finish", () => {
      if (isTaken) return;
      response.detachSocket(socket);
      socket.destroySoon();
    });
    upgrades.set(request, {
      request,
      socket,
      head,
      takeSocket: () => {
        isTaken = true;
        response.detachSocket(socket);
      },
    });
    handler(request, response);
  };
}
