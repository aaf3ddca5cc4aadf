import type { OutgoingHttpHeaders } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { VdcError } from "#api/errors.ts";
import type { Route } from "#api/route.ts";
import { parseInput } from "#api/validate.ts";
import { assert } from "#lib/assert.ts";
import { admittedOf, attributionOf, type Admitted } from "./admission.ts";
import type { Call, RedirectHandler, ReplyControls, StreamHandler } from "./handler.ts";
import { readQuery } from "./http/query.ts";
import type { ServerLimits } from "./limits.ts";
import type { ServedRoute, ServerSettings } from "./ports.ts";
import type { EventStreams } from "./watch/event-stream.ts";

interface RouteSettings extends ServerSettings {
  readonly limits: ServerLimits;
  readonly streams: EventStreams;
}

/** Registers one route: checks the input with the contract's schemas, runs the handler, and answers as the contract says. */
export function registerRoute(app: FastifyInstance, served: ServedRoute, settings: RouteSettings): void {
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
  const call = callOf(route, request, admitted, controls, settings.limits);
  // Data answers are the caller's own: no cache between us and it may keep them.
  reply.header("cache-control", "no-store");
  switch (route.answers) {
    case "events":
      // Which kind of handler it is follows from `answers`, as the type of the table demands.
      return await stream(served.run as StreamHandler, call, admitted, reply, settings);
    case "redirect":
      // The same holds here.
      return await redirect(served.run as RedirectHandler, call, route, reply);
    case "json":
    case "text":
    case "none": {
      const value = await served.run(call);
      if (controls.bareStatus !== undefined) return reply.code(controls.bareStatus).send();
      reply.code(route.status);
      if (route.answers === "none") return reply.send();
      if (settings.checkAnswers === true) checkAnswer(route, value);
      if (route.answers === "json")
        return reply.header("content-type", "application/json; charset=utf-8").send(JSON.stringify(value));
      if (!reply.hasHeader("content-type")) reply.header("content-type", "text/plain; charset=utf-8");
      return reply.send(value);
    }
  }
}

function callOf(
  route: Route,
  request: FastifyRequest,
  admitted: Admitted,
  reply: ReplyControls,
  limits: ServerLimits,
): Call {
  const { facts, principal, params } = admitted;
  return {
    params,
    query: parseInput(route.query, readQuery(request.raw.url ?? "", limits.queryParameters), "The query"),
    body: bodyOf(route, request),
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
  if (request.body === undefined || request.body === null)
    throw new VdcError("bad-request", "This needs a JSON body.");
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type !== route.bodyType && type !== "application/json")
    throw new VdcError("unsupported-media-type", `The body must be ${route.bodyType}.`);
  return parseInput(route.body, request.body, "The body");
}

async function redirect(run: RedirectHandler, call: Call, route: Route, reply: FastifyReply): Promise<void> {
  const location = await run(call);
  await reply.code(route.status).header("location", location).send();
}

async function stream(
  run: StreamHandler,
  call: Call,
  admitted: Admitted,
  reply: FastifyReply,
  settings: RouteSettings,
): Promise<void> {
  const { principal } = call;
  // By the person: one who may make any number of tokens must not have as many callers' share of streams.
  using _place = settings.streams.reserve(
    principal.userId ?? `${principal.actor.type}:${principal.actor.id}`,
  );
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
    recheck: async () => await settings.authenticate(admitted.facts),
    write,
  });
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
