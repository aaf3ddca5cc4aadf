import { constants, randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { createSecureContext, createServer, type SecureContext, type TLSSocket } from "node:tls";

export interface Pem {
  /** The certificate, and the intermediates after it. */
  readonly cert: string;
  readonly key: string;
}

export interface SecureFacts {
  /** Lower case, without a last dot; empty when the client named none. */
  readonly serverName: string;
  /** Undefined when the client offered none. */
  readonly protocol: string | undefined;
}

export interface TlsServerOptions<Tag> {
  /** Protocols that may be agreed on, the preferred one first. A client that offers others only is refused. */
  readonly protocols: readonly string[];
  readonly handshakeTimeoutMs: number;
  /** Handshakes at once; a connection above that is closed at once and counted. */
  readonly maxHandshakes: number;
  /** The context for a name; undefined: the default. Not asked when the client names none. */
  readonly contextFor: (serverName: string) => Promise<SecureContext | undefined>;
  /** `tag` is what came with the connection. */
  readonly onSecure: (socket: TLSSocket, facts: SecureFacts, tag: Tag) => void;
  /** A handshake that failed: scanners and clients of old, many of them. */
  readonly onFailure: (error: Error) => void;
}

export interface TlsServer<Tag> {
  /** Takes a TCP connection over; nothing may have been read from it. */
  accept(raw: Socket, tag: Tag): void;
  /** For clients that name no server, and names without a context. Undefined refuses both. Throws for an unusable one. */
  setDefault(pem: Pem | undefined): void;
  readonly handshakes: number;
  /** Connections that were closed because too many others shook hands. */
  readonly dropped: number;
}

const ticketKeyBytes = 48;
const ticketKeysMs = 12 * 3_600_000;

/** Throws for PEM text that cannot be used. */
export function createContext(pem: Pem): SecureContext {
  return createSecureContext(settings(pem));
}

export function createTlsServer<Tag>(options: TlsServerOptions<Tag>): TlsServer<Tag> {
  /** Connections whose handshake is not over, by both ends of the connection: the TLS socket does not say whom it wraps. */
  const pending = new Map<string, Tag>();
  let dropped = 0;
  let ticketKeysSince = performance.now();
  const server = createServer({
    ...settings(),
    ALPNProtocols: [...options.protocols],
    handshakeTimeout: options.handshakeTimeoutMs,
    ticketKeys: randomBytes(ticketKeyBytes),
    SNICallback: (name, done) => void choose(options, normalName(name), done),
  });
  server.on("secureConnection", (socket) => {
    // An error may come before the next owner listens; it always closes, which the owner sees.
    socket.on("error", () => undefined);
    const ends = endsOf(socket);
    const tag = pending.get(ends);
    pending.delete(ends);
    if (tag === undefined) return void socket.destroy(); // gone before anybody could look at it
    options.onSecure(socket, factsOf(socket), tag);
  });
  server.on("tlsClientError", (error, socket) => {
    socket.destroy(); // the alert that says why is written already
    options.onFailure(error);
  });
  return {
    accept: (raw, tag) => {
      const ends = endsOf(raw);
      if (pending.size >= options.maxHandshakes || pending.has(ends)) {
        dropped += 1;
        raw.destroy();
        return;
      }
      if (performance.now() - ticketKeysSince > ticketKeysMs) {
        ticketKeysSince = performance.now();
        server.setTicketKeys(randomBytes(ticketKeyBytes));
      }
      pending.set(ends, tag);
      raw.once("close", () => {
        if (pending.get(ends) === tag) pending.delete(ends);
      });
      server.emit("connection", raw);
    },
    setDefault: (pem) => server.setSecureContext(settings(pem)),
    get handshakes() {
      return pending.size;
    },
    get dropped() {
      return dropped;
    },
  };
}

/** Never rejects: what goes wrong ends the handshake. */
async function choose(
  { contextFor }: Pick<TlsServerOptions<never>, "contextFor">,
  name: string,
  done: (error: Error | null, context?: SecureContext) => void,
): Promise<void> {
  let context: SecureContext | undefined;
  try {
    context = await contextFor(name);
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)));
    return;
  }
  done(null, context);
}

function settings(pem?: Pem) {
  return {
    ...pem,
    minVersion: "TLSv1.2" as const, // the type wants the literal
    // Renegotiation costs the server ten times what it costs the client, and HTTP/2 forbids it (RFC 9113 section 9.2.1).
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    honorCipherOrder: true,
  };
}

function factsOf(socket: TLSSocket): SecureFacts {
  // Both are `false` when the client said nothing; the types know of one alone.
  const { servername, alpnProtocol } = socket as { servername?: unknown; alpnProtocol?: unknown };
  return {
    serverName: typeof servername === "string" ? normalName(servername) : "",
    protocol: typeof alpnProtocol === "string" ? alpnProtocol : undefined,
  };
}

function endsOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ""} ${socket.remotePort ?? 0} ${socket.localAddress ?? ""} ${socket.localPort ?? 0}`;
}

function normalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
