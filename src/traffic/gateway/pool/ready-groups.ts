import type { SnapshotPool } from "../../snapshot.ts";
import { poolLimits } from "./limits.ts";
import type { PoolMember } from "./pool-member.ts";

/** Members that can be chosen now and share one part of the requests: one group, or several releases while there is a canary. */
export interface ReadyGroup {
  readonly share: number;
  readonly members: readonly PoolMember[];
  /** Where `round-robin` goes on. */
  next: number;
}

/**
 * Who can be chosen now. Healthy active members; and when those are a smaller part than `panicPercent` of all that ever were healthy,
 * the unhealthy and ejected ones too as long as they accept connections: answering badly is better than overloading the rest.
 * A member that never was healthy is starting, and one that refuses connections is gone: for those requests wait instead, unless
 * the policy forbids waiting.
 */
export function readyMembers(
  members: readonly PoolMember[],
  wanted: SnapshotPool,
): { readonly ready: readonly PoolMember[]; readonly panics: boolean } {
  const active = members.filter((member) => member.isActive);
  const healthy = active.filter((member) => member.health === "healthy");
  const { policy } = wanted;
  const known = active.filter((member) => member.wasHealthy);
  if (healthy.length * 100 < policy.health.panicPercent * known.length) {
    const reachable = known.filter((member) => member.health === "healthy" || member.isReachable);
    if (reachable.length > healthy.length) return { ready: reachable, panics: true };
  }
  const mayHold = policy.hold.maxMs > 0 && policy.hold.maxRequests > 0;
  if (healthy.length === 0 && !mayHold) return { ready: active, panics: active.length > 0 };
  return { ready: healthy, panics: false };
}

/**
 * By the snapshot's shares, in percent; what they leave over belongs to all other groups together. A share of 0 gets nothing, not
 * even when nobody else is there. Marks each member with its group.
 */
export function groupReady(
  members: readonly PoolMember[],
  ready: readonly PoolMember[],
  shares: SnapshotPool["shares"],
): readonly ReadyGroup[] {
  for (const member of members) member.readyIn = undefined;
  const named = Object.entries(shares).slice(0, poolLimits.groups - 1);
  const names = new Set(named.map(([name]) => name));
  const left = named.length === 0 ? 1 : Math.max(0, 100 - named.reduce((sum, [, share]) => sum + share, 0));
  const groups = [
    ...named.map(([name, share]) =>
      groupOf(
        ready.filter((member) => member.wanted.group === name),
        share,
      ),
    ),
    groupOf(
      ready.filter((member) => !names.has(member.wanted.group)),
      left,
    ),
  ].filter((group) => group.share > 0 && group.members.length > 0);
  for (const group of groups) for (const member of group.members) member.readyIn = group;
  return groups;
}

function groupOf(members: readonly PoolMember[], share: number): ReadyGroup {
  return { share, members, next: 0 };
}
