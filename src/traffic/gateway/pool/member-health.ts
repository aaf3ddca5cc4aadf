import type { TrafficPolicy } from "#api/kinds/route.ts";
import type { Outcome } from "../pool-contract.ts";
import { ConcurrencyLimit } from "./concurrency-limit.ts";
import { poolLimits } from "./limits.ts";
import type { PoolMember } from "./pool-member.ts";

/**
 * How one member's health follows from what is seen of it. Each function says whether the set of members that can be chosen may
 * have changed.
 *
 * unknown → healthy: a check passed, or an answer came. healthy → unhealthy: checks failed, or connections were refused. healthy
 * → ejected: its answers failed; for a time that doubles. unhealthy → healthy: checks passed. ejected → healthy: the time is over.
 */
export function afterCheck(
  member: PoolMember,
  check: { readonly ok: boolean; readonly reachable: boolean },
  policy: TrafficPolicy,
  now: number,
): boolean {
  if (check.ok) {
    member.checksFailed = 0;
    member.checksPassed += 1;
    member.connectFailuresInRow = 0;
    const wasReachable = member.isReachable;
    member.isReachable = true;
    if (member.health === "unknown") return becomeHealthy(member, policy, now);
    if (member.health === "unhealthy" && member.checksPassed >= policy.health.healthyAfter)
      return becomeHealthy(member, policy, now);
    return !wasReachable;
  }
  member.checksPassed = 0;
  member.checksFailed += 1;
  const hasGone = member.isReachable && !check.reachable;
  if (hasGone) member.isReachable = false;
  if (member.health === "unknown" || member.health === "unhealthy") return hasGone;
  if (member.checksFailed < policy.health.unhealthyAfter) return false;
  member.health = "unhealthy";
  return true;
}

/** `mayEject`: whether the pool bears one more member without requests. */
export function afterAnswer(
  member: PoolMember,
  outcome: Outcome,
  policy: TrafficPolicy,
  now: number,
  mayEject: () => boolean,
): boolean {
  if (outcome.failure === "client-gone") return false;
  if (outcome.failure === "connect") return afterRefusedConnection(member);
  member.connectFailuresInRow = 0;
  if (outcome.failure === "none" && outcome.status < 500) {
    member.failuresInRow = 0;
    return member.health === "unknown" ? becomeHealthy(member, policy, now) : false;
  }
  member.failures += 1;
  member.failuresInRow += 1;
  if (member.health !== "healthy" || member.failuresInRow < policy.health.ejectAfterFailures) return false;
  if (!mayEject()) return false;
  eject(member, policy.health.ejectMs, now);
  return true;
}

export function endEjection(member: PoolMember, policy: TrafficPolicy, now: number): boolean {
  if (member.health !== "ejected" || now < member.ejectedUntil) return false;
  member.health = "healthy";
  startRamp(member, policy, now);
  return true;
}

function afterRefusedConnection(member: PoolMember): boolean {
  member.failures += 1;
  member.connectFailuresInRow += 1;
  const isTarget = member.health === "healthy";
  if (isTarget && member.connectFailuresInRow < poolLimits.connectFailures) return false;
  if (member.health !== "unknown") member.health = "unhealthy";
  member.isReachable = false;
  member.checksPassed = 0;
  return true;
}

function becomeHealthy(member: PoolMember, policy: TrafficPolicy, now: number): true {
  if (member.health === "unhealthy") {
    // What comes back is most likely a new process, of which nothing has been learned yet.
    const { perInstance, learn } = policy.concurrency;
    member.limit = new ConcurrencyLimit(perInstance, learn);
    member.concurrencyLimit = member.limit.value;
  }
  member.health = "healthy";
  member.wasHealthy = true;
  member.isReachable = true;
  member.failuresInRow = 0;
  member.connectFailuresInRow = 0;
  member.checksFailed = 0;
  startRamp(member, policy, now);
  return true;
}

function eject(member: PoolMember, ejectMs: number, now: number): void {
  // Each quiet time as long as a first ejection forgets one of the ejections before.
  const quiet = member.ejections === 0 ? 0 : Math.floor((now - member.ejectedUntil) / ejectMs);
  member.ejections = Math.max(0, member.ejections - quiet) + 1;
  member.ejectedUntil = now + Math.min(poolLimits.ejectMaxMs, ejectMs * 2 ** (member.ejections - 1));
  member.health = "ejected";
  member.failuresInRow = 0;
}

function startRamp(member: PoolMember, policy: TrafficPolicy, now: number): void {
  member.rampFrom = now;
  member.rampUntil = now + policy.slowStartMs;
}
