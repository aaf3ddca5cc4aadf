import type { Route } from "#api/route.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { Principal } from "#control/auth/principal.ts";
import type { RouteConfig } from "./admission.ts";
import type { AnyHandler, RequestFacts } from "./handler.ts";
import type { ServerLimits } from "./limits.ts";

/** The caller behind a request's credentials; undefined for none, and for ones that do not work. */
export type Authenticate = (facts: RequestFacts) => Promise<Principal | undefined>;

/** Tells metrics of every finished request. `route`: a route's id, `console` or `none`. */
export type ObserveRequest = (request: {
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
}) => void;

/** A route of the contract with what serves it. */
export interface ServedRoute {
  readonly route: Route;
  readonly run: AnyHandler;
  readonly authorize?: RouteConfig["authorize"];
}

export interface ServerSettings {
  readonly routes: readonly ServedRoute[];
  readonly authenticate: Authenticate;
  readonly observe: ObserveRequest;
  readonly listen: { readonly host: string; readonly port: number };
  /** PEM. Without it the listener speaks plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Further names that requests may name, beside loopback and the address listened on. */
  readonly hosts: readonly string[];
  /** The built console; absent when there is none. */
  readonly consoleDirectory?: string;
  /** Origin of the S3 service, which the console's pages may use. */
  readonly objectOrigin?: string;
  /** Parses every JSON answer with its schema and makes a mismatch a fault. For tests. */
  readonly checkAnswers?: boolean;
  readonly limits?: Partial<ServerLimits>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}
