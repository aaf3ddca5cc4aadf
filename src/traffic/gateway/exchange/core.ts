import type { AccessEntry } from "../../gateway-api.ts";
import type { GatewayPorts } from "../gateway-contract.ts";
import type { Member, Pool } from "../pool-contract.ts";
import type { RouteEntry } from "../routing/path-table.ts";
import type { Router } from "../routing/router.ts";
import type { RefusalCounts } from "./counters.ts";
import type { OwnAnswer } from "./own-answer.ts";
import type { KeptConnections } from "./member-connections.ts";
import type { RoutePlan } from "./route-plan.ts";
import type { Sweep } from "./sweep.ts";

/** What all exchanges of a gateway share. */
export interface Core {
  readonly ports: GatewayPorts;
  readonly sweep: Sweep;
  /** What applies now; swapped whole by a new snapshot. A request keeps what it began with. */
  readonly config: CoreConfig;
  readonly isDraining: boolean;
  readonly onAccess: ((entry: AccessEntry) => void) | undefined;
  /** Where redirects to https lead. */
  readonly tlsPort: number;
  /** Value of Via for what goes to members. */
  readonly via: string;
  /** Not secret, and unique among all gateways. */
  nextRequestId(): string;
  /** Requests that were answered without a route. */
  readonly refusals: RefusalCounts;
  connectionsOf(member: Member): KeptConnections;
  /** Value of Date, made once a second. */
  date(): string;
}

/** A snapshot, compiled. */
export interface CoreConfig {
  readonly router: Router;
  planOf(entry: RouteEntry): RoutePlan;
  readonly pools: ReadonlyMap<string, Pool>;
  /** Answers of HTTP-01 challenges by `HOST/TOKEN`. */
  readonly challenges: ReadonlyMap<string, OwnAnswer>;
  /** Whether a request for `host` may come over a TLS connection for `serverName`. */
  fitsServerName(host: string, serverName: string): boolean;
}
