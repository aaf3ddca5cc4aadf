import type { IncomingHttpHeaders } from "node:http";
import type { Attribution } from "#api/actor.ts";
import type { Route, RouteAnswer, RouteBody, RouteParams, RouteQuery } from "#api/route.ts";
import type { FixedRouteId, FixedRoutes } from "#api/routes.ts";
import type { Principal } from "#control/auth/principal.ts";
import type { Peer } from "./sockets/peer.ts";
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
  /** The file that is sent, as it comes. Reading it in a handler of a route that takes none is a programmer error. */
  readonly upload: AsyncIterable<Uint8Array>;
  /** Aborts when the caller leaves before it is answered. */
  readonly signal: AbortSignal;
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

/** A file, or part of one. */
export interface Bytes {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}
/** What it gives must never change: it is answered as immutable. */
export type BytesHandler<R extends Route = Route> = (call: Call<R>) => Promise<Bytes>;
/** What fails before it returns is answered as a problem; what it returns speaks with the peer until either ends. */
export type SocketHandler<R extends Route = Route> = (
  call: Call<R>,
) => Promise<(peer: Peer) => Promise<void>>;

export type StreamRouteId =
  | "watch"
  | "machine.stream"
  | "app.logs"
  | "app.traffic"
  | "app.requests"
  | "job.watch"
  | "burst.watch";
export type RedirectRouteId = "auth.oidc-start" | "auth.oidc-callback";
export type BytesRouteId = "package.blob" | "burst.file";
export type SocketRouteId = "instance.exec" | "burst.connect";

type HandlerOf<Id extends FixedRouteId> = Id extends StreamRouteId
  ? StreamHandler<FixedRoutes[Id]>
  : Id extends RedirectRouteId
    ? RedirectHandler<FixedRoutes[Id]>
    : Id extends BytesRouteId
      ? BytesHandler<FixedRoutes[Id]>
      : Id extends SocketRouteId
        ? SocketHandler<FixedRoutes[Id]>
        : Handler<FixedRoutes[Id]>;

/** One handler for every route that is not made from a kind: a route without one does not compile. */
export type Handlers = { readonly [Id in FixedRouteId]: HandlerOf<Id> };
/** The part of the table that one file gives. */
export type HandlersFor<Ids extends FixedRouteId> = { readonly [Id in Ids]: HandlerOf<Id> };

export type AnyHandler = Handler | RedirectHandler | StreamHandler | BytesHandler | SocketHandler;
