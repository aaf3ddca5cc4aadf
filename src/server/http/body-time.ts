import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "#lib/clock.ts";
import type { ServerLimits } from "../limits.ts";

/** How long bodies may take to arrive: Node has one such limit for all requests, and uploads need another. */
export interface BodyTimes {
  /** Call once for each request, when its head is there. */
  begin(request: IncomingMessage, response: ServerResponse): void;
  /** From now on the reader of the body looks after its time itself. */
  handOver(request: IncomingMessage): void;
  /** The reader is done: what is left of the body is thrown away, within the usual time. */
  takeBack(request: IncomingMessage, response: ServerResponse): void;
}

export function createBodyTimes(options: {
  readonly limits: ServerLimits;
  readonly clock: Clock;
  /** Answers, if that is still possible, and closes. */
  readonly onLate: (error: Error & { code?: string }, socket: Duplex) => void;
}): BodyTimes {
  const timers = new WeakMap<IncomingMessage, Disposable>();
  const stop = (request: IncomingMessage) => timers.get(request)?.[Symbol.dispose]();
  const start = (request: IncomingMessage, response: ServerResponse) => {
    const late = options.clock.after(options.limits.requestTimeoutMs, () => {
      const error = Object.assign(new Error("the body did not arrive in time"), {
        code: "ERR_HTTP_REQUEST_TIMEOUT",
      });
      if (response.headersSent) request.socket.destroy();
      else options.onLate(error, request.socket);
    });
    timers.set(request, late);
    if (request.complete) late[Symbol.dispose]();
  };
  return {
    begin(request, response) {
      if (!hasBody(request)) return;
      start(request, response);
      request.once("end", () => stop(request));
      request.once("close", () => stop(request));
    },
    handOver: stop,
    takeBack(request, response) {
      if (request.complete || request.destroyed) return;
      start(request, response);
      request.resume();
    },
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}
