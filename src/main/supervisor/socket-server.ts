import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";

/**
 * A few JSON answers over HTTP/1.1 on a Unix socket. Written on node:net because node:http alone costs the supervisor 17 MB of
 * memory (measured on Node 26.10: 62 MB resident against 45 MB). One request a connection, no bodies.
 */
export interface Answer {
  readonly status: 200 | 404 | 409 | 500;
  readonly body: unknown;
}

export type Handler = (method: string, path: string) => Promise<Answer>;

export const socketLimits = { maxConnections: 32, maxHeadBytes: 8192, headWithinMs: 5_000 } as const;
const reasons = { 200: "OK", 404: "Not Found", 409: "Conflict", 500: "Internal Server Error" } as const;

/** Listens on `path`, for the owner of the socket only; whatever was there before is a dead predecessor's. */
export async function serveSocket(path: string, handler: Handler): Promise<Server> {
  rmSync(path, { force: true });
  const server = createServer((socket) => receive(socket, handler));
  server.maxConnections = socketLimits.maxConnections;
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
  chmodSync(path, 0o600); // the folder it is in admits nobody else either
  return server;
}

function receive(socket: Socket, handler: Handler): void {
  let head = "";
  socket.setEncoding("latin1");
  socket.setTimeout(socketLimits.headWithinMs, () => socket.destroy());
  socket.on("error", () => socket.destroy()); // the client went away: nobody waits for the answer
  socket.on("data", (chunk) => {
    head += String(chunk);
    if (head.length > socketLimits.maxHeadBytes) return void socket.destroy();
    if (!head.includes("\r\n\r\n")) return;
    socket.removeAllListeners("data");
    socket.setTimeout(0);
    const [method = "", path = ""] = head.split(" ", 2);
    answerTo(socket, handler, method, path).catch(() => socket.destroy()); // it answers faults itself
  });
}

/** A fault of the handler is an answer, too. */
async function answerTo(socket: Socket, handler: Handler, method: string, path: string): Promise<void> {
  try {
    send(socket, await handler(method, path));
  } catch (error) {
    send(socket, { status: 500, body: { detail: error instanceof Error ? error.message : "fault" } });
  }
}

function send(socket: Socket, answer: Answer): void {
  const body = Buffer.from(JSON.stringify(answer.body));
  const head = [
    `HTTP/1.1 ${answer.status} ${reasons[answer.status]}`,
    "content-type: application/json",
    `content-length: ${body.length}`,
    "connection: close",
  ];
  socket.end(Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]));
}
