import fastify from "fastify";
import { assert } from "#lib/assert.ts";
import { newId } from "#lib/ids.ts";
import type { Server } from "node:http";
import { registerConsole } from "./console-files.ts";
import { createBodyTimes } from "./http/body-time.ts";
import { saneRequestId } from "./http/headers.ts";
import { pooledRandom } from "./http/pooled-random.ts";
import { answerParserError } from "./http/parser-errors.ts";
import { registerHooks, sendProblem } from "./hooks.ts";
import { serverLimits, type ServerLimits } from "./limits.ts";
import { createListeners, listenOn, type Socket } from "./listeners.ts";
import type { ServerSettings } from "./ports.ts";
import { registerRoutes } from "./register-route.ts";
import { createSockets, type Sockets } from "./sockets/sockets.ts";
import { createEventStreams, type EventStreams } from "./watch/event-stream.ts";

export interface ApiServer extends AsyncDisposable {
  /** Listens on the address given; resolves with the port it got. Rejects with Node's error, such as EADDRINUSE. */
  listen(): Promise<number>;
  /** Listens on a unix socket too; whoever can open it is the local caller. The file must not exist. */
  listenLocal(path: string): Promise<void>;
  /** Ends streams, lets running requests finish for `drainMs`, then cuts what is left. Safe twice. */
  stop(): Promise<void>;
  readonly streams: EventStreams;
  readonly sockets: Sockets;
}

/** Builds the server; nothing listens yet. Asserts that every route registered is one of the contract. */
export async function createApiServer(settings: ServerSettings): Promise<ApiServer> {
  const { clock, log } = settings;
  const ids = pooledRandom(settings.random);
  const limits: ServerLimits = { ...serverLimits, ...settings.limits };
  const streams = createEventStreams({ limits, clock, log });
  const sockets = createSockets({ limits, clock, log });
  const onParserError = answerParserError(settings);
  const listeners = createListeners({ limits, clock, onParserError });
  const localSockets = new WeakSet<Socket>();
  let main: Server | undefined;
  const app = fastify({
    serverFactory: (handler) => (main ??= listeners.create(handler, settings.tls)),
    genReqId: (raw) => saneRequestId(raw.headers["x-request-id"]) ?? newId("request", clock, ids),
    requestIdHeader: false,
    bodyLimit: limits.bodyBytes,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    // The query is read by ours, where a broken one can be answered.
    routerOptions: { querystringParser: () => ({}), maxParamLength: 500 },
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply, settings),
  });
  const bodyTimes = createBodyTimes({ limits, clock, onLate: onParserError });
  registerHooks(app, { ...settings, limits, bodyTimes, isLocal: (socket) => localSockets.has(socket) });
  registerRoutes(app, { ...settings, limits, streams, sockets, bodyTimes });
  await registerConsole(app, settings);
  await app.ready();

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    streams.closeAll();
    await Promise.all([sockets.closeAll(), listeners.close()]);
    await app.close();
  };
  return {
    streams,
    sockets,
    listen: async () => {
      assert(main !== undefined, "fastify has made its listener");
      return await listenOn(main, settings.listen);
    },
    listenLocal: async (path) => {
      const server = listeners.create((request, response) => app.routing(request, response), undefined);
      server.on("connection", (socket: Socket) => localSockets.add(socket));
      await listenOn(server, { path });
    },
    stop: () => (stopped ??= stop()),
    [Symbol.asyncDispose]: () => (stopped ??= stop()),
  };
}
