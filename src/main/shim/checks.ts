import { connect, type Socket } from "node:net";
import type { Probe } from "#api/manifest.ts";

export type Checked = Pick<Probe, "http" | "tcp" | "command" | "timeoutSeconds">;

export interface CheckTarget {
  readonly address: string;
  readonly port: number;
  /** Runs a command beside the instance; its exit status, undefined when it could not be run. */
  readonly run: (command: readonly string[], signal: AbortSignal) => Promise<number | undefined>;
}

/** A status line is all that is read of an answer. */
const maxHeadBytes = 8_192;

/**
 * One health check: undefined when it passes, else why not in a few words. Never throws. HTTP is written here on a socket because
 * node:http would make every shim a third larger; any status from 200 to 399 passes.
 */
export async function check(
  probe: Checked,
  target: CheckTarget,
  signal: AbortSignal,
): Promise<string | undefined> {
  const timeoutMs = probe.timeoutSeconds * 1000;
  if (probe.command !== undefined) {
    const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const code = await target.run(probe.command, within);
    if (within.aborted) return `the command did not end within ${probe.timeoutSeconds} s`;
    return code === 0 ? undefined : `the command ended with status ${code ?? "unknown"}`;
  }
  const port = probe.http?.port ?? probe.tcp?.port ?? target.port;
  if (probe.http === undefined) return await tryPort(target.address, port, timeoutMs, signal);
  return await tryHttp({ address: target.address, port, path: probe.http.path }, timeoutMs, signal);
}

async function tryPort(
  address: string,
  port: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  return await talk(address, port, timeoutMs, signal, (socket, done) => {
    socket.once("connect", () => done(undefined));
  });
}

async function tryHttp(
  at: { readonly address: string; readonly port: number; readonly path: string },
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  // The path comes from a manifest: what would end the request line is not sent.
  const path = encodeURI(at.path.startsWith("/") ? at.path : `/${at.path}`).replaceAll(/[\r\n ]/g, "");
  return await talk(at.address, at.port, timeoutMs, signal, (socket, done) => {
    let head = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => {
      head += String(chunk);
      if (!head.includes("\n") && head.length < maxHeadBytes) return;
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
      if (status === 0) return done("it does not answer in HTTP");
      done(status >= 200 && status < 400 ? undefined : `GET ${at.path} answered ${status}`);
    });
    socket.once("end", () => done("the connection was closed without an answer"));
    socket.write(
      `GET ${path} HTTP/1.1\r\nhost: ${at.address}:${at.port}\r\nuser-agent: vdc-health\r\naccept: */*\r\nconnection: close\r\n\r\n`,
    );
  });
}

async function talk(
  address: string,
  port: number,
  timeoutMs: number,
  signal: AbortSignal,
  begin: (socket: Socket, done: (failure: string | undefined) => void) => void,
): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = connect({ host: address, port });
  const onAbort = () => resolve("the check was given up");
  signal.addEventListener("abort", onAbort, { once: true });
  socket.setTimeout(timeoutMs, () => resolve(`port ${port} did not answer within ${timeoutMs / 1000} s`));
  socket.once("error", (error: NodeJS.ErrnoException) =>
    resolve(
      error.code === "ECONNREFUSED" ? `nothing listens on port ${port}` : `port ${port}: ${error.code}`,
    ),
  );
  begin(socket, resolve);
  const failure = await promise;
  signal.removeEventListener("abort", onAbort);
  socket.on("error", () => undefined); // the answer is known
  socket.destroy();
  return failure;
}
