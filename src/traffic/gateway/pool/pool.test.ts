import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { memberSpec, poolSpec, seededRandom, WaitingRequest } from "#test/support/gateway-pool.ts";
import type { SnapshotPool } from "../../snapshot.ts";
import type { Member, Outcome, Pool } from "../pool-contract.ts";
import { createPool } from "./pool.ts";

type Step =
  | {
      readonly do: "ask";
      readonly fairKey: number;
      readonly hashKey: number;
      readonly stickyId: string;
      readonly holdMs: number;
      readonly heldBytes: number;
      /** Ends at once, from inside of the grant. */
      readonly endsInside: boolean;
      readonly avoids: boolean;
    }
  | { readonly do: "withdraw" | "release"; readonly which: number; readonly outcome: Outcome }
  | { readonly do: "update"; readonly wanted: SnapshotPool }
  | { readonly do: "check"; readonly which: number; readonly ok: boolean; readonly reachable: boolean }
  | { readonly do: "tick"; readonly ms: number };

const ids = ["a", "b", "c", "d"];

const outcomes = fc.constantFrom<Outcome>(
  { status: 200, failure: "none", responseMs: 5 },
  { status: 200, failure: "none", responseMs: 500 },
  { status: 503, failure: "none", responseMs: 5 },
  { status: 0, failure: "connect", responseMs: 0 },
  { status: 0, failure: "reset", responseMs: 0 },
  { status: 0, failure: "client-gone", responseMs: 0 },
);

const specs: fc.Arbitrary<SnapshotPool> = fc
  .record({
    members: fc.uniqueArray(
      fc.record({
        id: fc.constantFrom(...ids),
        state: fc.constantFrom<"active" | "draining">("active", "active", "draining"),
        group: fc.constantFrom("1", "2"),
        port: fc.constantFrom(8080, 8080, 8081),
      }),
      { selector: (member) => member.id, maxLength: 4 },
    ),
    stopped: fc.constantFrom(false, false, false, false, true),
    shares: fc.constantFrom<Record<string, number>>({}, {}, { 2: 10 }, { 1: 100, 2: 0 }),
    balance: fc.constantFrom("least-load", "round-robin", "hash"),
    perInstance: fc.integer({ min: 1, max: 4 }),
    learn: fc.boolean(),
    maxRequests: fc.constantFrom(0, 3, 1_000),
    maxBytes: fc.constantFrom(250, 1_000_000),
    panicPercent: fc.constantFrom(0, 50, 100),
  })
  .map(({ members, stopped, shares, ...policy }) =>
    poolSpec({
      members: members.map(({ id, ...more }) => memberSpec(id, more)),
      stopped,
      shares,
      policy: {
        balance: policy.balance,
        concurrency: { perInstance: policy.perInstance, learn: policy.learn },
        hold: { maxRequests: policy.maxRequests, maxBytes: policy.maxBytes },
        health: { panicPercent: policy.panicPercent, ejectAfterFailures: 2 },
        slowStartMs: 100,
      },
    }),
  );

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("ask"),
      fairKey: fc.nat(3),
      hashKey: fc.nat(),
      stickyId: fc.constantFrom("", "", ...ids),
      holdMs: fc.constantFrom(0, 50, 400, 10_000),
      heldBytes: fc.constantFrom(0, 100, 300),
      endsInside: fc.constantFrom(false, false, true),
      avoids: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("release"), which: fc.nat(20), outcome: outcomes }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("withdraw"), which: fc.nat(20), outcome: outcomes }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("update"), wanted: specs }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("check"),
      which: fc.nat(3),
      ok: fc.constantFrom(true, true, false),
      reachable: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("tick"), ms: fc.constantFrom(1, 49, 500, 20_000) }) },
);

/** Drives a pool and keeps its own account of who waits and who has which member. */
class World {
  now = 0;
  readonly pool: Pool;
  readonly waiting = new Set<WaitingRequest>();
  readonly withdrawn: WaitingRequest[] = [];
  readonly holders = new Map<WaitingRequest, Member>();
  readonly all: WaitingRequest[] = [];
  /** Members that were given up by `update` still have requests to end. */
  readonly wasHealthy = new Set<Member>();

  constructor(wanted: SnapshotPool) {
    this.pool = createPool(wanted, { random: seededRandom(3), now: 0 });
  }

  run(step: Step): void {
    if (step.do === "ask") this.ask(step);
    else if (step.do === "update") this.pool.update(step.wanted, this.now);
    else if (step.do === "tick") this.pool.tick((this.now += step.ms));
    else if (step.do === "check") {
      const member = this.pool.members[step.which];
      if (member !== undefined) this.pool.reportCheck(member, step.ok, this.now, step.ok || step.reachable);
    } else if (step.do === "release") this.release([...this.holders.keys()][step.which], step.outcome);
    else {
      const request = [...this.waiting][step.which];
      if (request === undefined) return;
      this.pool.withdraw(request);
      this.waiting.delete(request);
      this.withdrawn.push(request);
    }
    this.settle();
    this.check();
  }

  ask(step: Extract<Step, { do: "ask" }>): void {
    const request = new WaitingRequest({
      fairKey: step.fairKey,
      hashKey: step.hashKey,
      stickyId: step.stickyId,
      heldBytes: step.heldBytes,
      holdUntil: this.now + step.holdMs,
      avoid: step.avoids ? this.pool.members[0] : undefined,
    });
    this.all.push(request);
    this.waiting.add(request);
    request.onGranted = () => {
      const member = request.member ?? assert.fail();
      this.checkGrant(request, member);
      this.waiting.delete(request);
      this.holders.set(request, member);
      if (step.endsInside) this.release(request, { status: 0, failure: "client-gone", responseMs: 0 });
    };
    request.ask(this.pool, this.now);
  }

  release(request: WaitingRequest | undefined, outcome: Outcome): void {
    const member = request && this.holders.get(request);
    if (request === undefined || member === undefined) return;
    this.holders.delete(request);
    this.pool.release(member, outcome, this.now);
  }

  /** What was denied waits no longer. */
  settle(): void {
    for (const request of this.waiting) if (request.denial !== undefined) this.waiting.delete(request);
  }

  checkGrant(request: WaitingRequest, member: Member): void {
    assert(member.inFlight <= member.concurrencyLimit, "no more than the limit");
    assert.equal(member.wanted.state, "active");
    assert(this.pool.members.includes(member), "no member that went");
    const { policy } = this.pool.wanted;
    const known = this.pool.members.filter(
      (one) => one.wanted.state === "active" && this.wasHealthy.has(one),
    );
    const healthy = known.filter((one) => one.health === "healthy");
    const mayPanic = healthy.length * 100 < policy.health.panicPercent * known.length;
    const mayHold = policy.hold.maxRequests > 0;
    if (mayHold)
      assert(this.wasHealthy.has(member) || member.health === "healthy", "no member that never was healthy");
    if (member.health !== "healthy") assert(mayPanic || !mayHold, "an unhealthy member only in panic");
    for (const other of this.waiting) {
      if (other === request) break;
      assert(other.fairKey !== request.fairKey || other.denial !== undefined, "in order of arrival");
    }
  }

  check(): void {
    for (const member of this.pool.members) if (member.health === "healthy") this.wasHealthy.add(member);
    assert.equal(this.pool.holding, this.waiting.size);
    const inFlight = new Map<Member, number>();
    for (const member of this.holders.values()) inFlight.set(member, (inFlight.get(member) ?? 0) + 1);
    for (const member of this.pool.members) assert.equal(member.inFlight, inFlight.get(member) ?? 0);
    for (const request of this.all) assert(request.calls <= 1);
    for (const request of this.withdrawn) assert.equal(request.calls, 0);
    if (this.pool.holding > 0)
      for (const { health, wanted, inFlight: has, concurrencyLimit } of this.pool.members)
        if (
          health === "healthy" &&
          wanted.state === "active" &&
          (this.pool.wanted.shares[wanted.group] ?? 1) > 0
        )
          assert(has >= concurrencyLimit, "nobody waits while a healthy member has room");
  }

  /** Ends everything: what is in a member is answered, what waits comes to its deadline. */
  finish(): void {
    this.pool.update(poolSpec({ policy: {} }), this.now);
    while (this.holders.size > 0)
      this.release(this.holders.keys().next().value, { status: 200, failure: "none", responseMs: 1 });
    this.pool.tick((this.now += 100_000));
    this.settle();
    this.check();
    for (const request of this.all) assert.equal(request.calls, this.withdrawn.includes(request) ? 0 : 1);
  }
}

describe("the pool", () => {
  test("gives each request one answer, and no member too much, whatever the order of events", () => {
    fc.assert(
      fc.property(specs, fc.array(steps, { maxLength: 120 }), (wanted, list) => {
        const world = new World(wanted);
        for (const step of list) world.run(step);
        world.finish();
      }),
      { numRuns: 600 },
    );
  });

  test("members that stay keep what is known of them, and one that comes back elsewhere is new", () => {
    const spec = poolSpec({ members: [memberSpec("a"), memberSpec("b")] });
    const pool = createPool(spec, { random: seededRandom(1), now: 0 });
    const [a, b] = pool.members;
    assert(a !== undefined && b !== undefined);
    pool.reportCheck(a, true, 0);
    pool.reportCheck(b, true, 0);
    const removed: string[] = [];
    a.connections = { removed: () => removed.push("a") };
    b.connections = { removed: () => removed.push("b") };
    pool.update(poolSpec({ members: [memberSpec("a", { group: "2" }), memberSpec("b", { port: 9 })] }), 1);
    assert.equal(pool.members[0], a);
    assert.deepEqual([a.health, a.wanted.group], ["healthy", "2"]);
    assert.notEqual(pool.members[1], b);
    assert.deepEqual([pool.members[1]?.health, removed], ["unknown", ["b"]]);
  });

  test("a member that drains gives up its idle connections once, keeps its requests and gets no more", () => {
    const pool = createPool(poolSpec({ members: [memberSpec("a")] }), { random: seededRandom(1), now: 0 });
    const member = pool.members[0] ?? assert.fail();
    pool.reportCheck(member, true, 0);
    let removed = 0;
    member.connections = { removed: () => (removed += 1) };
    const running = new WaitingRequest().ask(pool, 0);
    const draining = poolSpec({ members: [memberSpec("a", { state: "draining" })] });
    pool.update(draining, 10);
    pool.update(draining, 20);
    assert.deepEqual([removed, member.inFlight], [1, 1]);
    assert.equal(new WaitingRequest().ask(pool, 30).calls, 0);
    pool.release(running.member ?? assert.fail(), { status: 200, failure: "none", responseMs: 3 }, 40);
    assert.deepEqual([member.inFlight, pool.holding], [0, 1]);
  });

  test("a member that is given back twice is a fault that is seen", () => {
    const pool = createPool(poolSpec({ members: [memberSpec("a")] }), { random: seededRandom(1), now: 0 });
    const member = pool.members[0] ?? assert.fail();
    assert.throws(
      () => pool.release(member, { status: 200, failure: "none", responseMs: 3 }, 0),
      /released once/,
    );
  });

  test("retries stay within their share of the last ten seconds, but a few are always allowed", () => {
    const pool = createPool(poolSpec({ members: [memberSpec("a")] }), { random: seededRandom(1), now: 0 });
    const member = pool.members[0] ?? assert.fail();
    pool.reportCheck(member, true, 0);
    const spend = (now: number) =>
      Array.from({ length: 1_000 }, () => pool.spendRetry(now)).filter(Boolean).length;
    assert.equal(spend(0), 100);
    for (let n = 0; n < 900; n += 1) {
      new WaitingRequest().ask(pool, 11_000 + n);
      pool.release(member, { status: 200, failure: "none", responseMs: 3 }, 11_000 + n);
    }
    assert.equal(spend(12_000), 180, "a fifth of 900");
    assert.equal(spend(20_000), 0);
    assert.equal(spend(22_000), 100);
    pool.update(poolSpec({ policy: { retry: { budgetPercent: 0 } } }), 40_000);
    assert.equal(spend(40_000), 0);
  });
});
