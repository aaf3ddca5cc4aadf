import type { Duplex } from "node:stream";
import { errorTable, VdcError } from "#api/errors.ts";
import type { Clock } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import { problemAnswer } from "./problems.ts";

/** For what is not even HTTP: answers a problem document where that is still possible, and closes. */
export function answerParserError(options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): (error: Error & { code?: string }, socket: Duplex) => void {
  return (error, socket) => {
    if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
    const requestId = newId("request", options.clock, options.random);
    const problem = parserProblem(error.code);
    const { status, headers, text } = problemAnswer(problem, requestId);
    options.log.info("server.request.unreadable", { requestId, errorCode: error.code, status });
    const lines = Object.entries({
      ...headers,
      "content-length": String(Buffer.byteLength(text)),
      "x-request-id": requestId,
      connection: "close",
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${status} ${errorTable[problem.code].title}\r\n${lines.join("")}\r\n${text}`);
  };
}

function parserProblem(code: string | undefined): VdcError {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return new VdcError("too-large", "The header fields are larger than 16 KiB.");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new VdcError("bad-request", "The request did not arrive in time.");
    default:
      return new VdcError("bad-request", "This is not an HTTP request that can be read.");
  }
}
