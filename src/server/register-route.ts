import type { OutgoingHttpHeaders } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { VdcError } from "#api/errors.ts";
import type { Route } from "#api/route.ts";
import { parseInput } from "#api/validate.ts";
import { assert } from "#lib/assert.ts";
import type { Principal } from "#control/auth/principal.ts";
import { admittedOf, attributionOf, type Admitted, type RouteConfig } from "./admission.ts";
import type {
  BytesHandler,
  Call,
  RedirectHandler,
  ReplyControls,
  SocketHandler,
  StreamHandler,
} from "./handler.ts";
import type { BodyTimes } from "./http/body-time.ts";
import { answerBytes } from "./http/bytes.ts";
import { readQuery } from "./http/query.ts";
import { readUpload } from "./http/upload.ts";
import type { ServerLimits } from "./limits.ts";
import type { ServedRoute, ServerSettings } from "./ports.ts";
import { requireHandshake, type Sockets } from "./sockets/sockets.ts";
import { upgradeOf } from "./sockets/upgrades.ts";
import type { EventStreams } from "./watch/event-stream.ts";
import { permits } from "./watch/visibility.ts";

interface RouteSettings extends ServerSettings {
  readonly limits: ServerLimits;
  readonly streams: EventStreams;
  readonly sockets: Sockets;
  readonly bodyTimes: BodyTimes;
}

/** Registers every route; those that take files in a scope of their own, whose bodies are left to the handler. */
export function registerRoutes(app: FastifyInstance, settings: RouteSettings): void {
  const takesFile = ({ route }: ServedRoute) => route.bodyType === "application/octet-stream";
  for (const served of settings.routes) if (!takesFile(served)) registerRoute(app, served, settings);
  void app.register((scope, _, done) => {
    scope.removeAllContentTypeParsers();
    // Not read here, and taken whatever it is called: `bodyOf` says what is wrong with another type.
    scope.addContentTypeParser("*", (_request, payload, parsed) => parsed(null, payload));
    for (const served of settings.routes.filter(takesFile)) registerRoute(scope, served, settings);
    done();
  });
}

/** Registers one route: checks the input with the contract's schemas, runs the handler, and answers as the contract says. */
function registerRoute(app: FastifyInstance, served: ServedRoute, settings: RouteSettings): void {
  const { route } = served;
  app.route({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ":$1"),
    config: { contract: route, ...(served.authorize === undefined ? {} : { authorize: served.authorize }) },
    handler: async (request, reply) => await answer(served, request, reply, settings),
  });
}

async function answer(
  served: ServedRoute,
  request: FastifyRequest,
  reply: FastifyReply,
  settings: RouteSettings,
): Promise<unknown> {
  const { route } = served;
  const admitted = admittedOf(request);
  assert(admitted !== undefined, "a handled request was admitted");
  const controls = new Controls(reply);
  const call = callOf(route, request, admitted, controls, settings);
  // Data answers are the caller's own: no cache between us and it may keep them.
  reply.header("cache-control", "no-store");
  if (route.bodyType === "application/octet-stream")
    return await takeFile(request, reply, settings, () =>
      answerValue(served, call, controls, reply, settings),
    );
  switch (route.answers) {
    case "events":
      // Which kind of handler it is follows from `answers`, as the type of the table demands.
      return await stream(served.run as StreamHandler, call, admitted, request, reply, settings);
    case "redirect":
      // The same holds here.
      return await redirect(served.run as RedirectHandler, call, route, reply);
    case "bytes":
      // The same holds here.
      return answerBytes(await (served.run as BytesHandler)(call), reply);
    case "websocket":
      return await speak(served, call, admitted, request, reply, settings);
    case "json":
    case "text":
    case "none":
      return await answerValue(served, call, controls, reply, settings);
  }
}

/** The handler reads the body at its own pace; what it leaves is thrown away, so that the sender gets to read the answer. */
async function takeFile(
  { raw }: FastifyRequest,
  reply: FastifyReply,
  { bodyTimes }: RouteSettings,
  answered: () => Promise<unknown>,
): Promise<unknown> {
  bodyTimes.handOver(raw);
  try {
    return await answered();
  } finally {
    bodyTimes.takeBack(raw, reply.raw);
  }
}

async function answerValue(
  { route, run }: ServedRoute,
  call: Call,
  controls: Controls,
  reply: FastifyReply,
  settings: RouteSettings,
): Promise<unknown> {
  const value = await run(call);
  if (controls.bareStatus !== undefined) return reply.code(controls.bareStatus).send();
  reply.code(route.status);
  if (route.answers === "none") return reply.send();
  if (settings.checkAnswers === true) checkAnswer(route, value);
  if (route.answers === "json")
    return reply.header("content-type", "application/json; charset=utf-8").send(JSON.stringify(value));
  if (!reply.hasHeader("content-type")) reply.header("content-type", "text/plain; charset=utf-8");
  return reply.send(value);
}

function callOf(
  route: Route,
  request: FastifyRequest,
  admitted: Admitted,
  reply: ReplyControls,
  settings: RouteSettings,
): Call {
  const { facts, principal, params } = admitted;
  const { limits } = settings;
  return {
    params,
    query: parseInput(route.query, readQuery(request.raw.url ?? "", limits.queryParameters), "The query"),
    body: bodyOf(route, request),
    get upload() {
      assert(
        route.bodyType === "application/octet-stream",
        `the handler of ${route.id} reads a file only where one is sent`,
      );
      return readUpload(request.raw, settings);
    },
    get signal() {
      return leavingSignal(request);
    },
    get principal() {
      assert(
        principal !== undefined,
        `the handler of ${route.id} asks for a caller only where one is needed`,
      );
      return principal;
    },
    request: facts,
    by: attributionOf(facts, principal),
    reply,
  };
}

function bodyOf(route: Route, request: FastifyRequest): unknown {
  if (route.bodyType === "none") {
    // An empty object is what many clients send for "nothing"; anything else was meant for another address.
    return parseInput(route.body, request.body ?? {}, "The body");
  }
  const isFile = route.bodyType === "application/octet-stream";
  if (request.body === undefined || request.body === null)
    throw new VdcError("bad-request", isFile ? "This needs a file as its body." : "This needs a JSON body.");
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type !== route.bodyType && (isFile || type !== "application/json"))
    throw new VdcError("unsupported-media-type", `The body must be ${route.bodyType}.`);
  return isFile ? {} : parseInput(route.body, request.body, "The body");
}

/** Aborts when the connection closes before the answer was sent. */
function leavingSignal(request: FastifyRequest): AbortSignal {
  const controller = new AbortController();
  const { socket } = request.raw;
  if (socket.destroyed) controller.abort();
  else socket.once("close", () => controller.abort());
  return controller.signal;
}

async function redirect(run: RedirectHandler, call: Call, route: Route, reply: FastifyReply): Promise<void> {
  const location = await run(call);
  await reply.code(route.status).header("location", location).send();
}

async function stream(
  run: StreamHandler,
  call: Call,
  admitted: Admitted,
  request: FastifyRequest,
  reply: FastifyReply,
  settings: RouteSettings,
): Promise<void> {
  const { principal } = call;
  using _place = settings.streams.reserve(placeHolder(principal));
  const write = await run(call);
  reply.hijack();
  await settings.streams.run({
    response: reply.raw,
    headers: {
      // Fastify's type is a little wider than Node's for the same headers.
      ...(reply.getHeaders() as OutgoingHttpHeaders),
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    },
    principal,
    recheck: rechecker(call, admitted, request, settings),
    write,
  });
}

async function speak(
  { route, run }: ServedRoute,
  call: Call,
  admitted: Admitted,
  request: FastifyRequest,
  reply: FastifyReply,
  settings: RouteSettings,
): Promise<void> {
  const upgrade = upgradeOf(request.raw);
  requireHandshake(upgrade);
  const { principal } = call;
  const places = route.id === "burst.connect" ? settings.sockets.workers : settings.sockets;
  using _place = places.reserve(placeHolder(principal));
  // Which kind of handler it is follows from `answers`, as the type of the table demands.
  const speaking = await (run as SocketHandler)(call);
  reply.hijack();
  const log = { requestId: request.id, actor: `${principal.actor.type}:${principal.actor.name}` };
  settings.log.info("server.socket.opened", { ...log, path: request.raw.url?.split("?", 1)[0] });
  const options = { principal, recheck: rechecker(call, admitted, request, settings) };
  const ending = await settings.sockets.run(upgrade, options, speaking);
  settings.log.info("server.socket.closed", { ...log, ending });
}

/** By the person: one who may make any number of tokens must not have as many callers' share of what stays open. */
function placeHolder(principal: Principal): string {
  return principal.userId ?? `${principal.actor.type}:${principal.actor.id}`;
}

/** The caller of something that stays open, as long as it is known and the route's rule still lets it in. */
function rechecker(call: Call, admitted: Admitted, request: FastifyRequest, settings: RouteSettings) {
  const { contract } = request.routeOptions.config as unknown as RouteConfig; // a route that is handled here is one of ours
  const params = call.params as Readonly<Record<string, unknown>>; // every params schema is an object
  return async (): Promise<Principal | undefined> => {
    const principal = await settings.authenticate(admitted.facts);
    if (principal === undefined || !permits(contract.access, principal, params)) return undefined;
    return principal;
  };
}

function checkAnswer(route: Route, value: unknown): void {
  // Through JSON, as the caller reads it: members that are undefined are not there.
  const parsed = route.answer.safeParse(route.answers === "json" ? JSON.parse(JSON.stringify(value)) : value);
  assert(parsed.success, `the answer of ${route.id} fits its schema: ${parsed.error?.message ?? ""}`);
}

class Controls implements ReplyControls {
  bareStatus: number | undefined;
  readonly #reply: FastifyReply;

  constructor(reply: FastifyReply) {
    this.#reply = reply;
  }

  header(name: string, value: string): void {
    this.#reply.header(name, value);
  }

  bare(status: number): void {
    this.bareStatus = status;
  }
}
