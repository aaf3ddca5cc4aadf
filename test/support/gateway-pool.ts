import { trafficPolicySchema } from "#api/kinds/route.ts";
import type { Random } from "#lib/random.ts";
import { createPool } from "#traffic/gateway/pool/pool.ts";
import type { Denial, Member, Outcome, Pool, PoolRequest } from "#traffic/gateway/pool-contract.ts";
import type { SnapshotMember, SnapshotPool } from "#traffic/snapshot.ts";

/** Chance that comes out the same every time (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
  return {
    bytes: (count) => Uint8Array.from({ length: count }, () => next() & 0xff),
    fraction: () => next() / 2 ** 32,
  };
}

/** An active member; `id` says everything else unless `more` does. */
export function memberSpec(id: string, more: Partial<SnapshotMember> = {}): SnapshotMember {
  return {
    id,
    name: `default/${id}`,
    address: "127.0.0.1",
    port: 8080,
    state: "active",
    group: "1",
    ...more,
  };
}

/** `policy` as somebody would write it in a route: what it does not say has its default. */
export function poolSpec(
  more: Partial<Omit<SnapshotPool, "policy">> & { readonly policy?: object } = {},
): SnapshotPool {
  return {
    id: "default/shop/web",
    project: "default",
    app: "shop",
    component: "web",
    members: [],
    shares: {},
    stopped: false,
    ...more,
    policy: trafficPolicySchema.parse(more.policy ?? {}),
  };
}

/** A request that remembers what became of it. */
export class WaitingRequest implements PoolRequest {
  hashKey = 0;
  stickyId = "";
  avoid: Member | undefined = undefined;
  holdUntil = 60_000;
  heldBytes = 100;
  fairKey = 0;
  poolPrevious: PoolRequest | undefined = undefined;
  poolNext: PoolRequest | undefined = undefined;
  poolBytes = 0;
  heldSince = 0;

  member: Member | undefined = undefined;
  denial: Denial | undefined = undefined;
  calls = 0;
  heldMs = -1;
  /** Called with the grant, from inside of the pool. */
  onGranted: (() => void) | undefined = undefined;
  onDenied: (() => void) | undefined = undefined;

  constructor(
    more: Partial<
      Pick<WaitingRequest, "hashKey" | "stickyId" | "avoid" | "holdUntil" | "heldBytes" | "fairKey">
    > = {},
  ) {
    Object.assign(this, more);
  }

  granted(member: Member, heldMs: number): void {
    this.calls += 1;
    this.member = member;
    this.heldMs = heldMs;
    this.onGranted?.();
  }

  denied(denial: Denial, heldMs: number): void {
    this.calls += 1;
    this.denial = denial;
    this.heldMs = heldMs;
    this.onDenied?.();
  }

  /** Asks the pool, and takes what it says at once as it takes what it says later. */
  ask(pool: Pool, now: number): this {
    const given = pool.acquire(this, now);
    if (given === undefined) return this;
    if ("why" in given) this.denied(given, 0);
    else this.granted(given, 0);
    return this;
  }
}

export function answer(status = 200, responseMs = 5): Outcome {
  return { status, failure: "none", responseMs };
}

export const refusedConnection: Outcome = { status: 0, failure: "connect", responseMs: 0 };

/** A pool whose members all have passed a check. */
export function healthyPool(
  wanted: SnapshotPool,
  options: { readonly seed?: number; readonly now?: number } = {},
): Pool {
  const now = options.now ?? 0;
  const pool = createPool(wanted, { random: seededRandom(options.seed ?? 1), now });
  for (const member of pool.members) pool.reportCheck(member, true, now);
  return pool;
}
