import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { ConnectionFacts } from "../gateway-contract.ts";
import type { ClientProtocol, ProtocolHost } from "../gateway.ts";
import { Http2Connection } from "./connection.ts";
import { http2Limits } from "./limits.ts";

/** What the protocol needs of the machine. */
export interface Http2Ports {
  /** Begins to speak HTTP/2 on a socket; the driver `http2` does. */
  readonly serve: (socket: Socket, limits: typeof http2Limits) => ServerHttp2Session;
  readonly clock: Clock;
  readonly log: Log;
}

/** HTTP/2 as a protocol of a gateway's clients: `createGateway({ http2: http2Protocol(ports), … })`. */
export function http2Protocol(ports: Http2Ports): (host: ProtocolHost) => ClientProtocol {
  return (host) => {
    const open = new Set<Http2Connection>();
    let isDraining = false;
    const leave = () => {
      isDraining = true;
      for (const connection of open) connection.leave();
    };
    return {
      accept: (socket: Socket, facts: ConnectionFacts) => {
        if (socket.destroyed) return;
        const session = ports.serve(socket, http2Limits);
        const onEnd = (connection: Http2Connection) => {
          open.delete(connection);
          host.gone();
        };
        const connection = new Http2Connection({ socket, session, facts, host, ports, onEnd });
        open.add(connection);
        if (isDraining) connection.leave();
      },
      get connections() {
        return open.size;
      },
      drain: leave,
      goAway: leave,
      destroy: () => {
        for (const connection of open) connection.cut();
      },
    };
  };
}
