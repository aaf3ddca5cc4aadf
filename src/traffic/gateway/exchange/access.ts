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

/** In one shape nearly always; what a request has not got is left out, as the schema says. */
export function accessEntry(ended: Ended, now: number): AccessEntry {
  const { request, client, plan } = ended;
  const { target } = request;
  const query = target.indexOf("?");
  const path = query === -1 ? target : target.slice(0, query);
  const entry: AccessEntry = {
    at: timeOf(now - ended.totalMs),
    id: ended.id,
    client: client.facts.clientAddress,
    protocol: request.protocol,
    tls: client.facts.tls,
    method: request.method,
    host: request.host,
    path: path.length > exchangeLimits.loggedPath ? path.slice(0, exchangeLimits.loggedPath) : path,
    status: ended.status,
    requestBytes: ended.requestBytes,
    responseBytes: ended.responseBytes,
    attempts: ended.attempts,
    totalMs: ended.totalMs,
    heldMs: ended.heldMs,
    connectMs: ended.connectMs,
    responseMs: ended.responseMs,
  };
  if (plan !== undefined) entry.route = plan.route.id;
  if (ended.pool !== undefined) entry.pool = ended.pool;
  if (ended.instance !== undefined) entry.instance = ended.instance;
  if (ended.heldFor !== undefined) entry.heldFor = ended.heldFor;
  if (ended.why !== "") entry.ended = ended.why;
  return entry;
}

let second = Number.NaN;
let toTheSecond = "";

/** ISO 8601. Requests of one second share all but the last digits. */
function timeOf(time: number): string {
  const ms = Math.floor(time);
  const rest = ms % 1_000;
  if (ms - rest !== second) {
    second = ms - rest;
    toTheSecond = isoTime(second).slice(0, -4);
  }
  return `${toTheSecond}${rest < 10 ? "00" : rest < 100 ? "0" : ""}${rest}Z`;
}
