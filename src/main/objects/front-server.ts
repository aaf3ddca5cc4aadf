import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { background } from "#lib/background.ts";
import type { Log } from "#lib/log.ts";
import { holdMaxMs } from "#objects/limits.ts";
import { S3Error } from "#objects/s3-error.ts";
import type { FedConfiguration } from "#objects/wire/configuration.ts";
import type { FrontMetrics } from "./front-metrics.ts";

export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  expectsContinue?: boolean,
) => void;

const limits = {
  maxHeaderSize: 32 * 1024,
  headersTimeout: 30_000,
  keepAliveTimeout: 75_000,
  /** Nothing was sent and nothing was received. Longer than anything is held, so that it ends only what stalls. */
  stallTimeout: 120_000,
  maxConnections: 10_000,
} as const;

/**
 * The HTTP server of a front. A request that comes while the catalog is away, or before the first word of it, waits; nobody hears of it. Bodies take as long as
 * they take, as long as they move.
 */
export function createFrontServer(options: {
  /** Undefined while the store is not known. */
  readonly handler: () => RequestHandler | undefined;
  readonly configuration: FedConfiguration;
  readonly metrics: FrontMetrics;
  readonly log: Log;
  readonly isDraining: () => boolean;
}): Server {
  const { handler, configuration, metrics, log } = options;
  const server = createServer({
    insecureHTTPParser: false,
    requireHostHeader: true,
    maxHeaderSize: limits.maxHeaderSize,
    headersTimeout: limits.headersTimeout,
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveTimeout,
    noDelay: true,
  });
  server.timeout = limits.stallTimeout;
  server.maxConnections = limits.maxConnections;
  const hold = async (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => {
    metrics.count("heldRequests");
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    try {
      await configuration.whenCurrent(gone.signal);
    } catch (error) {
      if (!(error instanceof S3Error)) return;
      metrics.answered("none", error.status, holdMaxMs);
      refuse(response, error);
      return;
    }
    handler()?.(request, response, expectsContinue);
  };
  const receive = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => {
    metrics.begun(response);
    if (options.isDraining()) response.shouldKeepAlive = false;
    const handle = handler();
    if (handle !== undefined && configuration.isCurrent) handle(request, response, expectsContinue);
    else background(hold(request, response, expectsContinue), "objects.hold", log);
  };
  server.on("connection", (socket) => metrics.connected(socket));
  server.on("request", (request, response) => receive(request, response, false));
  // An expectation that nobody knows is ignored, as S3 does.
  server.on("checkExpectation", (request, response) => receive(request, response, false));
  server.on("checkContinue", (request, response) => receive(request, response, true));
  return server;
}

/** For the errors of this process; those of a request that was understood are the handler's. */
function refuse(response: ServerResponse, error: S3Error): void {
  const body =
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${error.code}</Code>` +
    `<Message>${error.message}</Message></Error>`;
  response.writeHead(error.status, {
    "content-type": "application/xml",
    "content-length": Buffer.byteLength(body),
    connection: "close", // its body was not read
    ...(error.code === "SlowDown" ? { "retry-after": "1" } : {}),
  });
  response.end(body);
}
