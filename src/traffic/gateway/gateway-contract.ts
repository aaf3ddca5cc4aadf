import type { OnReadOpts, Socket } from "node:net";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { AccessEntry, GatewayStatus } from "../gateway-api.ts";
import type { SnapshotContent } from "../snapshot.ts";

/** The data plane without its process: what listens hands it connections, what publishes hands it snapshots. */
export interface Gateway {
  /** Swaps the configuration; live connections and requests are not touched. Throws when the content makes no sense, and keeps the old one. */
  apply(content: SnapshotContent): void;
  /** Takes over a connection that was accepted: plain, or decrypted by the TLS listener. */
  accept(socket: Socket, facts: ConnectionFacts): void;
  /**
   * No connection comes any more: keep-alive is closed politely after the next answer, WebSockets get a close frame (1001) when
   * the deadline is near; resolves when all have gone or at the deadline, when what is left is cut.
   */
  drain(options: { readonly deadlineMs: number }): Promise<void>;
  status(): Pick<GatewayStatus, "members" | "routes" | "connections" | "pools" | "refused">;
  /** Called for every request that ended; must be quick and not throw. Set once. */
  onAccess: ((entry: AccessEntry) => void) | undefined;
}

export interface ConnectionFacts {
  readonly tls: boolean;
  /** The client's address without port; a mapped IPv4 address is written as IPv4. */
  readonly clientAddress: string;
  readonly clientPort: number;
  readonly localPort: number;
  /** Server name that the client asked for (SNI); empty without one. A request's Host must fit it. */
  readonly serverName: string;
  readonly protocol: "http/1" | "h2";
}

/**
 * What the data path needs of the machine. `connect` gives a connecting socket with `noDelay`; `onread` is node's option of
 * that name: what arrives is read into the given buffers and handed to the callback, and there is no "data" event. With `account`,
 * whatever another system account listens with is refused.
 */
export interface GatewayPorts {
  connect(address: string, port: number, onread: OnReadOpts, account?: number): Socket;
  /** The same for an accepted socket. Absent, or false: it cannot be had, and there are "data" events. */
  readInto?(socket: Socket, onread: OnReadOpts): boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}
