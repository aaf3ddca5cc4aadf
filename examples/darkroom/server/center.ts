import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import { Refusal } from "./reply.ts";
import type { Settings } from "./settings.ts";
import type { Session } from "./sign-in.ts";

/** What of the data center's API the page may reach, below the project and beside it. Everything else stays between the user and the console. */
const inProject = /^(jobs|offers|burst|budget|balance|ledger)(\/|$)/;
const inCenter = /^burst(\/|$)/;
const passedOn = [
  "content-type",
  "content-length",
  "content-encoding",
  "accept",
  "last-event-id",
  "if-match",
] as const;
const passedBack = [
  "content-type",
  "content-length",
  "cache-control",
  "etag",
  "location",
  "retry-after",
] as const;

/**
 * The API of the data center as the user: `/api/center/project/…` and `/api/center/…` become requests with the user's token. The page never sees the token, and a
 * page of another origin cannot use the cookie: changes need our own `Origin`.
 */
export class Center {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  forward(request: IncomingMessage, response: ServerResponse, path: string, session: Session): void {
    const target = this.#target(path);
    const headers: Record<string, string> = { authorization: `Bearer ${session.token}` };
    for (const name of passedOn) {
      const value = request.headers[name];
      if (typeof value === "string") headers[name] = value;
    }
    const send = target.protocol === "https:" ? httpsRequest : httpRequest;
    const onward = send(target, { method: request.method, headers }, (answer) => {
      const back: Record<string, string> = {};
      for (const name of passedBack) {
        const value = answer.headers[name];
        if (typeof value === "string") back[name] = value;
      }
      response.writeHead(answer.statusCode ?? 502, back);
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    });
    onward.on("error", () => {
      if (response.headersSent) response.destroy();
      else {
        const title = "The data center cannot be reached; your work here goes on without it.";
        response
          .writeHead(502, { "content-type": "application/problem+json" })
          .end(JSON.stringify({ title }));
      }
    });
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  }

  /** The workers' WebSocket (RFC 6455): the handshake goes on with the user's token, then bytes pass through. */
  connect(request: IncomingMessage, socket: Duplex, head: Buffer, path: string, session: Session): void {
    const target = this.#target(path);
    const send = target.protocol === "https:" ? httpsRequest : httpRequest;
    const headers = {
      authorization: `Bearer ${session.token}`,
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": request.headers["sec-websocket-key"] ?? "",
    };
    const onward = send(target, { headers });
    onward.on("upgrade", (answer, other: Duplex, rest) => {
      const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}`);
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
      if (rest.length > 0) socket.write(rest);
      if (head.length > 0) other.write(head);
      socket.pipe(other).pipe(socket);
      socket.on("error", () => other.destroy());
      other.on("error", () => socket.destroy());
      socket.on("close", () => other.destroy());
      other.on("close", () => socket.destroy());
    });
    onward.on("response", (answer) => {
      socket.end(`HTTP/1.1 ${answer.statusCode ?? 502} Refused\r\nconnection: close\r\n\r\n`);
      answer.destroy();
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
    onward.end();
  }

  #target(path: string): URL {
    const { api, project } = this.#settings;
    const [pathname = "", query] = path.split("?", 2);
    if (/(^|\/)\.{1,2}(\/|$)|%2e|%2f|\\/i.test(pathname)) throw new Refusal(404, "There is no such address.");
    const below = pathname.startsWith("project/") ? pathname.slice("project/".length) : undefined;
    const allowed = below === undefined ? inCenter.test(pathname) : inProject.test(below);
    if (!allowed) throw new Refusal(404, "There is no such address.");
    const rest = below === undefined ? pathname : `projects/${encodeURIComponent(project)}/${below}`;
    return new URL(`/v1/${rest}${query === undefined ? "" : `?${query}`}`, api);
  }
}
