import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import { protocolLimits } from "#api/burst-protocol.ts";
import type { WorkerPeer } from "#burst/scheduler/worker-session.ts";

/** Where workers dial in: WebSockets as the server of control has them, without sign-in. */
export async function openWorkerDoor(
  connect: (peer: WorkerPeer, request: IncomingMessage) => Promise<void>,
  http = createServer(),
): Promise<{ readonly url: string; close(): void }> {
  const server = new WebSocketServer({
    server: http,
    perMessageDeflate: false,
    maxPayload: protocolLimits.maxMessageBytes,
  });
  server.on("connection", (socket, request) => {
    connect(peerOf(socket), request).then(
      () => socket.close(),
      (error: unknown) => {
        console.error(error);
        socket.close();
      },
    );
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo; // it listens on TCP
  return {
    url: `ws://127.0.0.1:${port}/`,
    close: () => {
      for (const socket of server.clients) socket.terminate();
      server.close();
      http.close();
      http.closeAllConnections();
    },
  };
}

function peerOf(socket: WebSocket): WorkerPeer {
  const waiting: string[] = [];
  const gone = new AbortController();
  let wake: (() => void) | undefined;
  socket.on("message", (data) => {
    waiting.push((data as Buffer).toString()); // `binaryType` is ws's default
    wake?.();
  });
  socket.on("error", () => undefined); // `close` follows
  socket.on("close", () => {
    gone.abort();
    wake?.();
  });
  return {
    signal: gone.signal,
    messages: {
      async *[Symbol.asyncIterator]() {
        while (!gone.signal.aborted || waiting.length > 0) {
          const text = waiting.shift();
          if (text !== undefined) yield { type: "text", text } as const;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      },
    },
    sendText: async (text) =>
      await new Promise((resolve) => {
        socket.send(text, () => resolve());
      }),
  };
}
