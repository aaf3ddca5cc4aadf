import type { IncomingHttpHeaders } from "node:http";
import type { Attribution } from "#api/actor.ts";
import type { Route, RouteAnswer, RouteBody, RouteParams, RouteQuery } from "#api/route.ts";
import type { FixedRouteId, FixedRoutes } from "#api/routes.ts";
import type { Principal } from "#control/auth/principal.ts";
import type { EventStream } from "./watch/event-stream.ts";

/** What is known of a request before anything is decided. */
export interface RequestFacts {
  readonly id: string;
  /** Path and query as they came. May hold secrets of a sign-in: never logged. */
  readonly target: string;
  /** Absent on the control socket. */
  readonly address?: string;
  readonly userAgent?: string;
  readonly headers: IncomingHttpHeaders;
  /** Came over the control socket, which only the data directory's owner can open. */
  readonly isLocal: boolean;
  /** `http://127.0.0.1:8440`, as the caller names us; checked by then. */
  readonly origin: string;
  readonly sessionSecret?: string;
  readonly bearer?: string;
}

/** One call of a route: everything in it was checked against the contract. */
export interface Call<R extends Route = Route> {
  readonly params: RouteParams<R>;
  readonly query: RouteQuery<R>;
  readonly body: RouteBody<R>;
  /** The caller. Reading it in a handler of a public route is a programmer error. */
  readonly principal: Principal;
  readonly request: RequestFacts;
  /** On whose account writes happen. */
  readonly by: Attribution;
  readonly reply: ReplyControls;
}

export interface ReplyControls {
  header(name: string, value: string): void;
  /** Another status than the route's, such as 304; the body then goes out empty. */
  bare(status: number): void;
}

export type Handler<R extends Route = Route> = (call: Call<R>) => Promise<RouteAnswer<R>> | RouteAnswer<R>;
/** Gives the address to send the browser to. */
export type RedirectHandler<R extends Route = Route> = (call: Call<R>) => Promise<string>;
/** What fails before it returns is answered as a problem; what it returns writes the stream until it ends. */
export type StreamHandler<R extends Route = Route> = (
  call: Call<R>,
) => Promise<(stream: EventStream) => Promise<void>>;

export type StreamRouteId = "watch" | "machine.stream";
export type RedirectRouteId = "auth.oidc-start" | "auth.oidc-callback";

type HandlerOf<Id extends FixedRouteId> = Id extends StreamRouteId
  ? StreamHandler<FixedRoutes[Id]>
  : Id extends RedirectRouteId
    ? RedirectHandler<FixedRoutes[Id]>
    : Handler<FixedRoutes[Id]>;

/** One handler for every route that is not made from a kind: a route without one does not compile. */
export type Handlers = { readonly [Id in FixedRouteId]: HandlerOf<Id> };
/** The part of the table that one file gives. */
export type HandlersFor<Ids extends FixedRouteId> = { readonly [Id in Ids]: HandlerOf<Id> };

export type AnyHandler = Handler | RedirectHandler | StreamHandler;
