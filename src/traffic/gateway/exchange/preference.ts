import type { Member, Pool } from "../pool-contract.ts";
import type { ClientSide } from "./client-side.ts";
import type { Core } from "./core.ts";
import { valueOf } from "./fields.ts";
import { fnv1a } from "./hash.ts";
import type { RoutePlan } from "./route-plan.ts";

/** What decides the member under `balance: hash`. */
export function hashKeyOf(plan: RoutePlan, client: ClientSide, target: string, fields: string): number {
  if (plan.hashHeader !== undefined) return fnv1a(valueOf(fields, plan.hashHeader) ?? "");
  if (plan.route.policy.hashOn !== "path") return client.forwarding.addressHash;
  const query = target.indexOf("?");
  return fnv1a(query === -1 ? target : target.slice(0, query));
}

/** The member that the sticky cookie names. Its value is a key and no id, so nothing can be asked for that is not a member. */
export function stickyMember(core: Core, plan: RoutePlan, pool: Pool, fields: string): Member | undefined {
  const key = plan.stickyValue?.exec(fields)?.[1];
  if (key === undefined) return undefined;
  return pool.members.find((member) => core.connectionsOf(member).key === key);
}

/** Names the member to the browser. Not readable by scripts, and not sent by other sites' forms (RFC 6265bis section 5.6.7). */
export function stickyLine(core: Core, plan: RoutePlan, member: Member, isTls: boolean): string {
  const { sticky } = plan.route.policy;
  if (sticky === undefined) return "";
  const age = sticky.maxAgeSeconds === 0 ? "" : `; Max-Age=${sticky.maxAgeSeconds}`;
  const { key } = core.connectionsOf(member);
  return `set-cookie: ${sticky.cookie}=${key}; Path=/${age}; HttpOnly; SameSite=Lax${isTls ? "; Secure" : ""}\r\n`;
}
