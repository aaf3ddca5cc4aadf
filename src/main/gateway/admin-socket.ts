import { once } from "node:events";
import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";

/** A request of control or of the supervisor. */
export interface AdminRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  /** Aborts when the other side is gone. */
  readonly signal: AbortSignal;
}

export interface AdminAnswer {
  readonly status: 200 | 400 | 404 | 409 | 500 | 503;
  readonly type: "application/json" | "application/x-ndjson" | "text/plain; version=0.0.4";
  /** Pieces of a stream are sent as they come; the connection's end is the stream's. */
  readonly body: string | AsyncIterable<string>;
}

export type AdminHandler = (request: AdminRequest) => Promise<AdminAnswer>;

const limits = { maxConnections: 128, maxHeadBytes: 8_192, maxBodyBytes: 8_192, requestWithinMs: 5_000 };
const reasons: Readonly<Record<AdminAnswer["status"], string>> = {
  200: "OK",
  400: "Bad Request",
  404: "Not Found",
  409: "Conflict",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/**
 * HTTP/1.1 for our own control and supervisor on a unix socket that only their user may open. On node:net, because node:http would
 * cost each gateway process 15 MB for a few requests a second. One request a connection.
 */
export async function serveAdmin(path: string, handler: AdminHandler): Promise<Server> {
  rmSync(path, { force: true }); // our pid's: whoever had it is dead
  const server = createServer({ allowHalfOpen: true }, (socket) => receive(socket, handler));
  server.maxConnections = limits.maxConnections;
  const before = process.umask(0o177); // for its user alone from the first moment on
  try {
    server.listen(path);
    await once(server, "listening");
  } finally {
    process.umask(before);
  }
  chmodSync(path, 0o600);
  return server;
}

function receive(socket: Socket, handler: AdminHandler): void {
  let text = "";
  const gone = new AbortController();
  socket.setEncoding("latin1");
  socket.setTimeout(limits.requestWithinMs, () => socket.destroy());
  socket.on("error", () => socket.destroy()); // the other side went away: nobody waits for the answer
  socket.on("close", () => gone.abort());
  const onData = (chunk: string) => {
    text += chunk;
    if (text.length > limits.maxHeadBytes + limits.maxBodyBytes) return void socket.destroy();
    const request = parse(text, gone.signal);
    if (request === undefined) return;
    socket.off("data", onData).resume(); // its end tells that nobody reads any more
    socket.on("end", () => gone.abort());
    socket.setTimeout(0);
    respond(socket, handler, request).catch(() => socket.destroy()); // faults of the handler are answered inside
  };
  socket.on("data", onData);
}

/** Undefined while a part is missing. */
function parse(text: string, signal: AbortSignal): AdminRequest | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  const body = text.slice(end + 4);
  if (body.length < length) return undefined;
  const [method = "", target = ""] = head.split(" ", 2);
  const [path = "", query = ""] = target.split("?", 2);
  const request = { method, path, query: new URLSearchParams(query) };
  return { ...request, body: Buffer.from(body.slice(0, length), "latin1").toString("utf8"), signal };
}

async function respond(socket: Socket, handler: AdminHandler, request: AdminRequest): Promise<void> {
  const { status, type, body } = await answerOf(handler, request);
  const head = `HTTP/1.1 ${status} ${reasons[status]}\r\ncontent-type: ${type}\r\nconnection: close\r\n`;
  if (typeof body === "string") {
    socket.end(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    return;
  }
  socket.write(`${head}\r\n`);
  for await (const piece of body) {
    if (socket.write(piece)) continue;
    await once(socket, "drain", { signal: request.signal }).catch(() => undefined); // gone: the loop's source ends
  }
  socket.end();
}

async function answerOf(handler: AdminHandler, request: AdminRequest): Promise<AdminAnswer> {
  try {
    return await handler(request);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { status: 500, type: "application/json", body: JSON.stringify({ detail }) };
  }
}
