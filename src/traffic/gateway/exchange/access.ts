import { isoTime } from "#lib/clock.ts";
import type { AccessEntry } from "../../gateway-api.ts";
import type { HoldCause } from "../pool-contract.ts";
import type { ClientSide } from "./client-side.ts";
import { exchangeLimits } from "./limits.ts";
import type { RequestCopy } from "./request-copy.ts";
import type { RoutePlan } from "./route-plan.ts";

/** What is known of a request when it has ended. */
export interface Ended {
  readonly id: string;
  readonly client: ClientSide;
  readonly request: RequestCopy;
  readonly plan: RoutePlan | undefined;
  readonly pool: string | undefined;
  readonly instance: string | undefined;
  readonly status: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly attempts: number;
  readonly totalMs: number;
  readonly heldMs: number;
  readonly connectMs: number;
  readonly responseMs: number;
  readonly heldFor: HoldCause | undefined;
  /** Empty when it ended well. */
  readonly why: string;
}

export function accessEntry(ended: Ended, now: number): AccessEntry {
  const query = ended.request.target.indexOf("?");
  const path = query === -1 ? ended.request.target : ended.request.target.slice(0, query);
  return {
    at: isoTime(now - ended.totalMs),
    id: ended.id,
    ...(ended.plan === undefined ? {} : { route: ended.plan.route.id }),
    ...(ended.pool === undefined ? {} : { pool: ended.pool }),
    ...(ended.instance === undefined ? {} : { instance: ended.instance }),
    client: ended.client.facts.clientAddress,
    protocol: ended.request.protocol,
    tls: ended.client.facts.tls,
    method: ended.request.method,
    host: ended.request.host,
    path: path.slice(0, exchangeLimits.loggedPath),
    status: ended.status,
    requestBytes: ended.requestBytes,
    responseBytes: ended.responseBytes,
    attempts: ended.attempts,
    totalMs: ended.totalMs,
    heldMs: ended.heldMs,
    connectMs: ended.connectMs,
    responseMs: ended.responseMs,
    ...(ended.heldFor === undefined ? {} : { heldFor: ended.heldFor }),
    ...(ended.why === "" ? {} : { ended: ended.why }),
  };
}
