import type { Random } from "#lib/random.ts";
import { poolLimits } from "./limits.ts";
import type { PoolMember } from "./pool-member.ts";

/** Choosing among members that are ready. Each gives `undefined` only when none has room. */

/**
 * The better of two random choices (Mitzenmacher 2001): nearly as even as asking all, without everybody running after the one
 * that looked best. Load is what is in the member, never a time that it once took: a member cannot be starved by one slow
 * answer (traefik/traefik#12306).
 */
export function leastLoad(
  ready: readonly PoolMember[],
  avoid: unknown,
  random: Random,
  now: number,
): PoolMember | undefined {
  const count = ready.length;
  if (count <= 1) return only(ready);
  const i = Math.floor(random.fraction() * count);
  let j = Math.floor(random.fraction() * (count - 1));
  if (j >= i) j += 1;
  const a = ready[i];
  const b = ready[j];
  const takesA = a !== undefined && a !== avoid && hasRoom(a);
  const takesB = b !== undefined && b !== avoid && hasRoom(b);
  if (takesA) return takesB ? better(a, b, now) : a;
  return takesB ? b : best(ready, i, avoid, now);
}

/** In turn; a member in its slow start is passed over now and then. Returns the index, or -1. */
export function roundRobin(
  ready: readonly PoolMember[],
  from: number,
  avoid: unknown,
  random: Random,
  now: number,
): number {
  let fallback = -1;
  for (let step = 0; step < ready.length; step += 1) {
    const index = (from + step) % ready.length;
    const member = ready[index];
    if (member === undefined || !hasRoom(member)) continue;
    const weight = rampOf(member, now);
    if (member !== avoid && (weight === 1 || random.fraction() < weight)) return index;
    if (fallback === -1 || ready[fallback] === avoid) fallback = index;
  }
  return fallback;
}

export function hasRoom(member: PoolMember): boolean {
  return member.inFlight < member.concurrencyLimit;
}

/** Share of its full weight that a member has during slow start, up to 1. */
export function rampOf(member: PoolMember, now: number): number {
  if (now >= member.rampUntil) return 1;
  const share = (now - member.rampFrom) / (member.rampUntil - member.rampFrom);
  return Math.max(poolLimits.slowStartLeast, share);
}

function only(ready: readonly PoolMember[]): PoolMember | undefined {
  const member = ready[0];
  return member !== undefined && hasRoom(member) ? member : undefined;
}

function better(a: PoolMember, b: PoolMember, now: number): PoolMember {
  const loadA = (a.inFlight + 1) / rampOf(a, now);
  const loadB = (b.inFlight + 1) / rampOf(b, now);
  if (loadA === loadB) return b.upgraded < a.upgraded ? b : a;
  return loadA < loadB ? a : b;
}

/** Both choices were full: the least loaded of all that have room, from a random place on. The one to avoid comes last. */
function best(
  ready: readonly PoolMember[],
  from: number,
  avoid: unknown,
  now: number,
): PoolMember | undefined {
  let found: PoolMember | undefined;
  for (let step = 0; step < ready.length; step += 1) {
    const member = ready[(from + step) % ready.length];
    if (member === undefined || !hasRoom(member)) continue;
    if (found === undefined || found === avoid) found = member;
    else if (member !== avoid) found = better(found, member, now);
  }
  return found;
}
