import type { FastifyRequest } from "fastify";
import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { Clock } from "#lib/clock.ts";
import type { Route } from "#api/route.ts";
import { parseInput } from "#api/validate.ts";
import { authorize } from "#control/auth/authorize.ts";
import type { Principal } from "#control/auth/principal.ts";
import type { RequestFacts } from "./handler.ts";
import { readCookie } from "./http/cookies.ts";
import { refuseCrossSite } from "./http/cross-site.ts";
import { bearerSecret, refuseDuplicateHeaders } from "./http/headers.ts";
import type { HostCheck } from "./http/host-check.ts";
import type { AddressLimiter } from "./http/rate-limit.ts";
import type { Socket } from "./listeners.ts";
import type { Authenticate } from "./ports.ts";

/** What the server keeps with a route that it registers. */
export interface RouteConfig {
  readonly contract: Route;
  /** In place of the contract's access rule, where that rule depends on what is found. */
  readonly authorize?: (principal: Principal | undefined, params: Readonly<Record<string, unknown>>) => void;
}

/** A request that may be served: who calls, and the path's parameters, checked. */
export interface Admitted {
  /** When that was decided, in monotonic milliseconds. */
  readonly at: number;
  readonly facts: RequestFacts;
  readonly principal: Principal | undefined;
  readonly params: unknown;
}

export interface AdmissionOptions {
  readonly authenticate: Authenticate;
  readonly checkHost: HostCheck;
  readonly limiter: AddressLimiter;
  readonly isLocal: (socket: Socket) => boolean;
  /** Whether the listener speaks TLS. */
  readonly secure: boolean;
  readonly cookieName: string;
  readonly clock: Pick<Clock, "monotonic">;
}

/**
 * Decides, before a body is read, whether a request is served: well formed, meant for us, by a known caller, not
 * sent by another site's page, and allowed by the route's rule. Throws the `VdcError` that refuses it.
 */
export async function admit(request: FastifyRequest, options: AdmissionOptions): Promise<Admitted> {
  const facts = factsOf(request, options);
  const config = request.routeOptions.config as Partial<RouteConfig>; // ours, or the console's files which have none
  const route = config.contract;
  const at = options.clock.monotonic();
  if (route === undefined) return { at, facts, principal: undefined, params: {} };
  // A browser lets any page open a WebSocket to us, cookies and all: only Origin tells whose page it is (RFC 6455 section 10.2).
  const isUnsafe = route.method !== "GET" || route.answers === "websocket";
  if (route.signIn && isUnsafe) refuseCrossSite(facts.headers, facts.origin, "sign-in");
  const principal = route.access.rule === "public" ? undefined : await options.authenticate(facts);
  if (principal === undefined) spendAnonymous(facts, options.limiter);
  if (principal?.via === "session" && isUnsafe) refuseCrossSite(facts.headers, facts.origin, "cookie");
  if (principal === undefined) authorize(route.access, undefined, {});
  const params = parseInput(route.params, request.params, "The path") as Readonly<Record<string, unknown>>; // every params schema is an object
  // PostgreSQL holds no NUL, so nothing of that name can be there; a query with one would be a fault.
  if (facts.target.includes("%00")) throw new VdcError("bad-request", "The address holds a NUL character.");
  if (config.authorize === undefined) authorize(route.access, principal, params);
  else config.authorize(principal, params);
  return { at, facts, principal, params };
}

/** On whose account a call writes. */
export function attributionOf(facts: RequestFacts, principal: Principal | undefined): Attribution {
  return {
    actor: principal?.actor ?? { type: "system", id: "anonymous", name: "anonymous" },
    requestId: facts.id,
    ...(facts.address === undefined ? {} : { address: facts.address }),
  };
}

function factsOf(request: FastifyRequest, options: AdmissionOptions): RequestFacts {
  const { raw } = request;
  const { headers, socket } = raw;
  // RFC 9112 section 3.2.2: the absolute form is for proxies, and its host would contradict the Host header.
  if (!(raw.url ?? "").startsWith("/"))
    throw new VdcError("bad-request", "The request's target must begin with '/'.");
  refuseDuplicateHeaders(raw.rawHeaders);
  const isLocal = options.isLocal(socket);
  if (!isLocal) options.checkHost(headers.host);
  const bearer = bearerSecret(headers.authorization);
  const sessionSecret = readCookie(headers.cookie, options.cookieName);
  const userAgent = headers["user-agent"];
  return {
    id: request.id,
    target: raw.url ?? "/",
    headers,
    isLocal,
    origin: `${options.secure ? "https" : "http"}://${(headers.host ?? "").toLowerCase()}`,
    ...(isLocal || socket.remoteAddress === undefined ? {} : { address: socket.remoteAddress }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(bearer === undefined ? {} : { bearer }),
    ...(sessionSecret === undefined ? {} : { sessionSecret }),
  };
}

function spendAnonymous(facts: RequestFacts, limiter: AddressLimiter): void {
  if (facts.address === undefined) return;
  const retryAfterSeconds = limiter.take(facts.address);
  if (retryAfterSeconds !== undefined)
    throw new VdcError("too-many-requests", "Too many requests without a sign-in from this address.", {
      extra: { retryAfterSeconds },
    });
}

const admittedRequests = new WeakMap<FastifyRequest, Admitted>();

/** Leaves the result of `admit` for the handler and the log. */
export function rememberAdmitted(request: FastifyRequest, admitted: Admitted): void {
  admittedRequests.set(request, admitted);
}

/** Undefined for a request that was refused before it was admitted. */
export function admittedOf(request: FastifyRequest): Admitted | undefined {
  return admittedRequests.get(request);
}
