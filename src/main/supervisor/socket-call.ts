import { connect } from "node:net";

const maxAnswerBytes = 1024 * 1024;

/** An answer of one of our own processes. */
export interface SocketAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * One request to a process of ours on its unix socket, without node:http, which would cost the supervisor 17 MB. Undefined when
 * nobody listens; rejects when there is no answer in time, or when the signal aborts.
 */
export async function callSocket(
  socketPath: string,
  request: {
    readonly method: "GET" | "POST";
    readonly path: string;
    readonly body?: string;
    readonly withinMs: number;
    /** Who is asked, for the message of a silence. */
    readonly who: string;
    readonly signal?: AbortSignal;
  },
): Promise<SocketAnswer | undefined> {
  const { method, path, body = "", withinMs, who, signal } = request;
  return await new Promise((resolve, reject) => {
    const socket = connect({ path: socketPath, ...(signal === undefined ? {} : { signal }) });
    let answer = "";
    socket.setEncoding("utf8");
    socket.setTimeout(withinMs, () =>
      socket.destroy(new Error(`${who} did not answer within ${withinMs / 1000} s`)),
    );
    socket.on("connect", () => {
      const length = `content-length: ${Buffer.byteLength(body)}\r\n`;
      socket.write(`${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${length}\r\n${body}`);
    });
    socket.on("data", (chunk) => {
      answer += String(chunk);
      if (answer.length > maxAnswerBytes) socket.destroy(new Error(`the answer of ${who} is too large`));
    });
    socket.on("end", () => {
      const status = Number(answer.split(" ", 2)[1] ?? 0);
      resolve({ status, body: answer.slice(answer.indexOf("\r\n\r\n") + 4) });
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ECONNREFUSED") resolve(undefined);
      else reject(error);
    });
  });
}
