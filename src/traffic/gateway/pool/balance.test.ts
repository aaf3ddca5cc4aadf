import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  answer,
  healthyPool,
  memberSpec,
  poolSpec,
  seededRandom,
  WaitingRequest,
} from "#test/support/gateway-pool.ts";
import type { SnapshotMember } from "../../snapshot.ts";
import type { Member, Pool } from "../pool-contract.ts";

const steady = { concurrency: { perInstance: 200, learn: false }, slowStartMs: 0 };

function members(...ids: string[]): SnapshotMember[] {
  return ids.map((id) => memberSpec(id));
}

/** Sends `count` requests, one each millisecond; `serviceMs` says how long each takes. */
function simulate(
  pool: Pool,
  count: number,
  serviceMs: (member: Member, index: number) => number,
): Map<string, number> {
  const ends = new Map<number, WaitingRequest[]>();
  const counts = new Map<string, number>();
  for (let now = 0; now < count; now += 1) {
    for (const request of ends.get(now) ?? []) pool.release(request.member ?? assert.fail(), answer(), now);
    const request = new WaitingRequest({ hashKey: now }).ask(pool, now);
    const member = request.member ?? assert.fail();
    counts.set(member.id, (counts.get(member.id) ?? 0) + 1);
    const end = now + Math.max(1, Math.round(serviceMs(member, now)));
    ends.set(end, [...(ends.get(end) ?? []), request]);
  }
  return counts;
}

function assertEven(counts: ReadonlyMap<string, number>, total: number, within: number): void {
  for (const [id, count] of counts)
    assert(
      Math.abs(count - total / counts.size) <= (within * total) / counts.size,
      `${id} got ${count} of ${total}`,
    );
}

describe("balancing", () => {
  for (const balance of ["least-load", "round-robin", "hash"] as const)
    test(`${balance}: identical members get within a fifth of each other, also when answers vary and one began slowly`, () => {
      const pool = healthyPool(
        poolSpec({ members: members("a", "b", "c", "d", "e"), policy: { ...steady, balance } }),
      );
      const random = seededRandom(5);
      // The first answer of `c` takes a second; a balancer that remembers that starves it (traefik#12306).
      const isFirst = new Set(["c"]);
      const counts = simulate(pool, 10_000, ({ id }) =>
        isFirst.delete(id) ? 1_000 : 2 + 40 * random.fraction() ** 4,
      );
      assert.equal(counts.size, 5);
      assertEven(counts, 10_000, 0.2);
    });

  test("a member that is slower gets as much less as it is slower", () => {
    const pool = healthyPool(poolSpec({ members: members("slow", "fast", "other"), policy: steady }));
    const counts = simulate(pool, 10_000, ({ id }) => (id === "slow" ? 120 : 30));
    assert((counts.get("slow") ?? 0) < 0.5 * (counts.get("fast") ?? 0));
    assert((counts.get("slow") ?? 0) > 0.1 * (counts.get("fast") ?? 0));
  });

  test("a member that came new begins with a tenth of its share and has all of it at the end of its slow start", () => {
    const policy = { ...steady, slowStartMs: 10_000 };
    const pool = healthyPool(poolSpec({ members: members("a", "b", "c"), policy }), { now: -100_000 });
    pool.update(poolSpec({ members: members("a", "b", "c", "new"), policy }), 0);
    pool.reportCheck(pool.members[3] ?? assert.fail(), true, 0);
    const perSecond: number[] = [];
    simulate(pool, 12_000, ({ id }, now) => {
      const second = Math.floor(now / 1_000);
      if (id === "new") perSecond[second] = (perSecond[second] ?? 0) + 1;
      return 40;
    });
    assert((perSecond[0] ?? 0) < 80, `in its first second ${perSecond[0]} of 1,000`);
    assert((perSecond[11] ?? 0) > 200, `after it ${perSecond[11]} of 1,000`);
    assert((perSecond[0] ?? 0) > 0);
  });

  test("a retry goes to another member than the one that failed it, and to that one when there is no other", () => {
    for (const balance of ["least-load", "round-robin", "hash"]) {
      const policy = { concurrency: { perInstance: 60, learn: false }, balance };
      const pool = healthyPool(poolSpec({ members: members("a", "b", "c"), policy }));
      const avoid = pool.members[1];
      for (let n = 0; n < 120; n += 1)
        assert.notEqual(new WaitingRequest({ avoid, hashKey: n }).ask(pool, 0).member?.id, "b");
      assert.equal(new WaitingRequest({ avoid }).ask(pool, 0).member?.id, "b");
    }
  });

  test("a sticky request goes to its member while that is ready and has room", () => {
    const policy = { concurrency: { perInstance: 2, learn: false } };
    const pool = healthyPool(poolSpec({ members: members("a", "b", "c"), policy }));
    const stuck = [1, 2, 3].map(() => new WaitingRequest({ stickyId: "b" }).ask(pool, 0).member?.id);
    assert.deepEqual(stuck.slice(0, 2), ["b", "b"]);
    assert.notEqual(stuck[2], "b");
    assert.notEqual(new WaitingRequest({ stickyId: "gone" }).ask(pool, 0).member, undefined);
  });
});

describe("consistent hashing", () => {
  const ids = Array.from({ length: 10 }, (_, index) => `member-${index}`);
  const policy = { ...steady, balance: "hash" };

  function placesOf(pool: Pool): Map<number, string> {
    const places = new Map<number, string>();
    for (let key = 0; key < 5_000; key += 1) {
      const { member } = new WaitingRequest({ hashKey: key }).ask(pool, 0);
      places.set(key, member?.id ?? assert.fail());
      pool.release(member ?? assert.fail(), answer(), 0);
    }
    return places;
  }

  test("one key stays with one member, and only the keys of a member that goes move", () => {
    const pool = healthyPool(poolSpec({ members: members(...ids), policy }));
    const before = placesOf(pool);
    assert.deepEqual(placesOf(pool), before);
    pool.update(poolSpec({ members: members(...ids.slice(1)), policy }), 0);
    for (const [key, id] of placesOf(pool))
      if (before.get(key) !== "member-0") assert.equal(id, before.get(key));
    const counts = new Map<string, number>();
    for (const id of before.values()) counts.set(id, (counts.get(id) ?? 0) + 1);
    assertEven(counts, 5_000, 0.35);
  });

  test("keys of an unhealthy member move to others and come back when it does", () => {
    const pool = healthyPool(
      poolSpec({ members: members(...ids), policy: { ...policy, health: { unhealthyAfter: 1 } } }),
    );
    const before = placesOf(pool);
    const ill = pool.members[4] ?? assert.fail();
    pool.reportCheck(ill, false, 1);
    const meanwhile = placesOf(pool);
    for (const [key, id] of meanwhile) {
      assert.notEqual(id, ill.id);
      if (before.get(key) !== ill.id) assert.equal(id, before.get(key));
    }
    pool.reportCheck(ill, true, 2);
    assert.deepEqual(placesOf(pool), before);
  });

  test("a key that everybody asks for does not overload its member: it spills to the next at a quarter above the mean", () => {
    const pool = healthyPool(poolSpec({ members: members(...ids), policy }));
    for (let n = 0; n < 400; n += 1) new WaitingRequest({ hashKey: 42 }).ask(pool, 0);
    for (const member of pool.members) assert(member.inFlight <= 50, `${member.id} has ${member.inFlight}`);
  });

  test("what ends in members that went counts no more: one key still stays with one member", () => {
    const pool = healthyPool(poolSpec({ members: members(...ids, "old"), policy }));
    const olds = Array.from({ length: 150 }, () => new WaitingRequest({ stickyId: "old" }).ask(pool, 0));
    pool.update(poolSpec({ members: members(...ids), policy }), 0);
    for (const { member } of olds) pool.release(member ?? assert.fail(), answer(), 1);
    const places = new Set<string | undefined>();
    for (let n = 0; n < 50; n += 1) {
      const { member } = new WaitingRequest({ hashKey: 42 }).ask(pool, 2);
      places.add(member?.id);
      pool.release(member ?? assert.fail(), answer(), 2);
    }
    assert.equal(places.size, 1);
  });
});

describe("shares of a canary", () => {
  const both = [memberSpec("old-1"), memberSpec("old-2"), memberSpec("new", { group: "2" })];

  function countNew(pool: Pool, count: number): number {
    let found = 0;
    for (let n = 0; n < count; n += 1) {
      const { member } = new WaitingRequest().ask(pool, 0);
      if (member?.id === "new") found += 1;
      pool.release(member ?? assert.fail(), answer(), 0);
    }
    return found;
  }

  test("a group gets its percent of the requests, whatever its members", () => {
    const tenth = healthyPool(poolSpec({ members: both, shares: { 1: 90, 2: 10 }, policy: steady }));
    assert(Math.abs(countNew(tenth, 10_000) - 1_000) < 120);
    const left = healthyPool(poolSpec({ members: both, shares: { 2: 10 }, policy: steady }));
    assert(Math.abs(countNew(left, 10_000) - 1_000) < 120, "what is not named gets the rest");
  });

  test("a group without a member that has room gives its requests to the others, every single one", () => {
    const policy = { concurrency: { perInstance: 10, learn: false } };
    const three = [...both, memberSpec("third", { group: "3" })];
    const pool = healthyPool(poolSpec({ members: three, shares: { 1: 1, 2: 98, 3: 1 }, policy }));
    for (let n = 0; n < 40; n += 1) assert.notEqual(new WaitingRequest().ask(pool, 0).member, undefined);
    assert.equal(new WaitingRequest().ask(pool, 0).calls, 0);
  });

  test("a group with a share of 0 gets nothing, and requests wait when there is no other", () => {
    const pool = healthyPool(poolSpec({ members: both, shares: { 1: 100, 2: 0 }, policy: steady }));
    assert.equal(countNew(pool, 2_000), 0);
    pool.update(poolSpec({ members: [both[2] ?? assert.fail()], shares: { 1: 100, 2: 0 } }), 0);
    assert.equal(new WaitingRequest().ask(pool, 0).calls, 0);
  });
});
