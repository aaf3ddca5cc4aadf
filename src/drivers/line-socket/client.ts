import { connect } from "node:net";
import { lineConnection, type LineConnection } from "#drivers/line-socket/server.ts";

/** Connects to a unix socket that speaks lines of JSON; undefined when nobody listens there. */
export async function connectLines(
  path: string,
  on: { readonly line: (value: unknown) => void; readonly closed: () => void },
): Promise<LineConnection | undefined> {
  const socket = connect(path);
  const connection = lineConnection(socket, on.line);
  return await new Promise((resolve) => {
    let isOpen = false;
    socket.once("connect", () => {
      isOpen = true;
      resolve(connection);
    });
    socket.once("close", () => {
      if (isOpen) on.closed();
      else resolve(undefined);
    });
  });
}
