import type { Agent } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";

/** A WebSocket of this process as a client (RFC 6455). */
export interface ClientSocket {
  /** What the server says, in order; ends when the socket is closed. One reader; the server waits while it does not read. */
  readonly messages: AsyncIterable<string | Uint8Array>;
  /** Resolves when it has left. After the end it does nothing. */
  send(message: string | Uint8Array): Promise<void>;
  /** Code and reason that the server closed with; known when `messages` has ended. */
  readonly ending: () => { readonly code: number; readonly reason: string } | undefined;
  /** Safe twice. */
  close(): void;
}

/** The server answered the upgrade with something else; `body` is at most 64 KiB of what it said. */
export class UpgradeRefused extends Error {
  override readonly name = "UpgradeRefused";
  readonly status: number;
  readonly body: string;

  constructor(status: number, body: string) {
    super(`the server refused to speak WebSocket (HTTP ${status})`);
    this.status = status;
    this.body = body;
  }
}

export interface OpenOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Opens the connection over this unix socket, whatever host the address names. */
  readonly socketPath?: string;
  /** Opens the connection, such as one that checks a pinned certificate. */
  readonly agent?: Agent;
  readonly maxMessageBytes: number;
  readonly handshakeMs: number;
  readonly signal: AbortSignal;
}

const maxRefusalBytes = 64 * 1024;
/** How long the server may take to answer a close. */
const closeMs = 1_000;
/** Messages that wait for their reader; from here on the server is not read. */
const maxWaiting = 64;

/** Opens `ws://` or `wss://`. Throws `UpgradeRefused`, the signal's reason, and what the network says. */
export async function openWebSocket(url: string, options: OpenOptions): Promise<ClientSocket> {
  const { signal, socketPath } = options;
  signal.throwIfAborted();
  const socket = new WebSocket(url, {
    headers: { ...options.headers },
    perMessageDeflate: false,
    maxPayload: options.maxMessageBytes,
    handshakeTimeout: options.handshakeMs,
    ...(options.agent === undefined ? {} : { agent: options.agent }),
    ...(socketPath === undefined ? {} : { createConnection: (): Duplex => connect(socketPath) }),
  });
  const opened = receive(socket);
  const { promise, resolve, reject } = Promise.withResolvers<ClientSocket>();
  const stop = () => {
    reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    socket.terminate();
  };
  signal.addEventListener("abort", stop, { once: true });
  socket.once("close", () => signal.removeEventListener("abort", stop));
  socket.once("open", () => resolve(opened));
  socket.once("error", reject);
  socket.once("unexpected-response", (request, response) => {
    let body = "";
    response.setEncoding("utf8");
    response.on("data", (text: string) => {
      if (body.length < maxRefusalBytes) body += text;
    });
    response.once("close", () => {
      reject(new UpgradeRefused(response.statusCode ?? 0, body.slice(0, maxRefusalBytes)));
      request.destroy();
    });
  });
  return await promise;
}

function receive(socket: WebSocket): ClientSocket {
  const waiting: (string | Uint8Array)[] = [];
  let wake: (() => void) | undefined;
  let isClosed = false;
  let ending: { readonly code: number; readonly reason: string } | undefined;
  socket.on("message", (data, isBinary) => {
    const bytes = data as Buffer; // `binaryType` is "nodebuffer", which is ws's default
    if (isClosed) return;
    waiting.push(isBinary ? bytes : bytes.toString("utf8"));
    if (waiting.length >= maxWaiting) socket.pause();
    wake?.();
  });
  socket.on("error", () => undefined); // `close` follows, and tells the reader
  socket.on("close", (code, reason) => {
    ending = { code, reason: reason.toString("utf8") };
    wake?.();
  });
  return {
    messages: {
      async *[Symbol.asyncIterator]() {
        for (;;) {
          const next = waiting.shift();
          if (socket.isPaused && waiting.length < maxWaiting / 2) socket.resume();
          if (next !== undefined) yield next;
          else if (ending !== undefined) return;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      },
    },
    send: (message) =>
      new Promise((resolve) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(message, () => resolve());
        else resolve();
      }),
    ending: () => ending,
    close: () => {
      if (isClosed) return;
      isClosed = true;
      socket.close(1000);
      // Read on, without keeping anything: the server's own close is behind what it sent.
      socket.resume();
      setTimeout(() => socket.terminate(), closeMs).unref();
    },
  };
}
