import type { Caller } from "../../verified.ts";
import { parseRange } from "./address-range.ts";
import { type Condition, holds, unknown } from "./condition.ts";
import { factOf, type RequestFacts } from "./facts.ts";
import type { Patterns, Policy, Principal, Statement } from "./policy.ts";
import { matchesWildcard } from "./wildcard.ts";

export type Verdict = "allow" | "deny" | "silent";

/** What a policy says of one action on one resource (`bucket` or `bucket/key`). A Deny wins over any Allow. */
export function evaluate(
  policy: Policy,
  question: { readonly caller: Caller; readonly action: string; readonly resource: string },
  facts: RequestFacts,
): Verdict {
  const action = question.action.toLowerCase();
  let verdict: Verdict = "silent";
  for (const statement of policy.statements) {
    if (!statement.principals.some((principal) => isPrincipal(principal, question.caller))) continue;
    if (!covers(statement.actions, action) || !covers(statement.resources, question.resource)) continue;
    if (!conditionsHold(statement, facts)) continue;
    if (statement.effect === "Deny") return "deny";
    verdict = "allow";
  }
  return verdict;
}

/**
 * Whether the policy gives something to everyone, as S3's "block public policy" means it: an Allow for any principal that no condition ties to fixed
 * addresses, none wider than /8 (IPv4) or /32 (IPv6).
 */
export function isPublicPolicy(policy: Policy): boolean {
  return policy.statements.some(
    ({ effect, principals, conditions }) =>
      effect === "Allow" &&
      principals.some(({ type }) => type === "any") &&
      !conditions.some(tiesToAddresses),
  );
}

function tiesToAddresses({ operator, ifExists, key, values }: Condition): boolean {
  if (operator !== "IpAddress" || ifExists || key !== "aws:sourceip") return false;
  return values.every((value) => (parseRange(value)?.prefix ?? 0) >= (value.includes(":") ? 32 : 96 + 8));
}

function isPrincipal(principal: Principal, caller: Caller): boolean {
  if (principal.type === "any") return true;
  if (caller.type !== "key" || caller.project !== principal.project) return false;
  if (principal.type === "project") return true;
  const owner = caller.owner?.slice(caller.owner.lastIndexOf("/") + 1);
  return principal.user === owner || principal.user === caller.accessKeyId;
}

function covers({ patterns, negated }: Patterns, text: string): boolean {
  return patterns.some((pattern) => matchesWildcard(pattern, text)) !== negated;
}

/** What cannot be known is decided for the side of caution: it lets a Deny count and an Allow not. */
function conditionsHold(statement: Statement, facts: RequestFacts): boolean {
  return statement.conditions.every((condition) => {
    const answer = holds(condition, factOf(condition.key, facts));
    return answer === unknown ? statement.effect === "Deny" : answer;
  });
}
