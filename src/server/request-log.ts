import type { FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "#lib/log.ts";
import type { Admitted, RouteConfig } from "./admission.ts";
import type { ObserveRequest } from "./ports.ts";

/** One line for each request: reads at debug, writes and errors at info. The path is logged without its query. */
export function logRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  admitted: Admitted | undefined,
  to: { readonly log: Log; readonly observe: ObserveRequest },
): void {
  const config = request.routeOptions.config as Partial<RouteConfig> | undefined; // absent where the router failed
  const route = config?.contract?.id ?? (request.is404 ? "none" : "console");
  const status = reply.statusCode;
  const ms = Math.round(reply.elapsedTime * 10) / 10;
  to.observe({ route, method: request.method, status, seconds: reply.elapsedTime / 1000 });
  const isQuiet = status < 400 && (request.method === "GET" || request.method === "HEAD");
  to.log[isQuiet ? "debug" : "info"]("server.request.done", {
    requestId: request.id,
    method: request.method,
    path: (request.raw.url ?? "").split("?", 1)[0]?.slice(0, 300),
    route,
    status,
    ms,
    ...(admitted?.principal === undefined ? {} : { actor: actorText(admitted.principal.actor) }),
    ...(admitted?.facts.address === undefined ? {} : { address: admitted.facts.address }),
  });
}

function actorText(actor: { readonly type: string; readonly name: string }): string {
  return `${actor.type}:${actor.name}`;
}
