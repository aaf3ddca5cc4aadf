import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";

/** JSON values, one a line, both ways on a unix socket. */
export interface LineConnection {
  send(value: unknown): void;
  close(): void;
}

export const lineSocketLimits = {
  maxConnections: 64,
  maxLineBytes: 64 * 1024,
  maxWaitingBytes: 1024 * 1024,
} as const;

/** Listens on `path`, for the owner only; whatever was there is a dead predecessor's. */
export async function serveLines(
  path: string,
  on: {
    readonly connected: (connection: LineConnection) => void;
    readonly line: (value: unknown, connection: LineConnection) => void;
    readonly closed: (connection: LineConnection) => void;
  },
): Promise<Server> {
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    const connection = lineConnection(socket, (value) => on.line(value, connection));
    socket.once("close", () => on.closed(connection));
    on.connected(connection);
  });
  server.maxConnections = lineSocketLimits.maxConnections;
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
  chmodSync(path, 0o600); // the folder it is in admits nobody else either
  return server;
}

/** Reads lines of a socket and hands on what they hold; a line that is too long or no JSON ends the connection. */
export function lineConnection(socket: Socket, onValue: (value: unknown) => void): LineConnection {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("error", () => socket.destroy()); // the other side went away; `close` follows
  socket.on("data", (chunk) => {
    const lines = `${rest}${String(chunk)}`.split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > lineSocketLimits.maxLineBytes) return void socket.destroy();
    for (const line of lines) {
      const value = parsed(line);
      if (value === undefined) return void socket.destroy();
      onValue(value);
    }
  });
  return {
    send: (value) => {
      if (socket.writableLength > lineSocketLimits.maxWaitingBytes) return void socket.destroy(); // it does not read
      if (!socket.destroyed) socket.write(`${JSON.stringify(value)}\n`);
    },
    close: () => void socket.end(), // what was sent arrives first
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // not of this protocol
  }
}
