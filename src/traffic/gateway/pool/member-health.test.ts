import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  answer,
  healthyPool,
  memberSpec,
  poolSpec,
  refusedConnection,
  WaitingRequest,
} from "#test/support/gateway-pool.ts";
import type { Member, Outcome, Pool } from "../pool-contract.ts";

const ids = ["a", "b", "c", "d"];
const four = ids.map((id) => memberSpec(id));

function member(pool: Pool, id: string): Member {
  return pool.members.find((one) => one.id === id) ?? assert.fail();
}

/** One request to this member, and what became of it. */
function send(pool: Pool, id: string, outcome: Outcome, now = 0): void {
  const request = new WaitingRequest({ stickyId: id }).ask(pool, now);
  assert.equal(request.member?.id, id, `${id} should get it`);
  pool.release(request.member ?? assert.fail(), outcome, now);
}

/** Who gets any of 200 requests. */
function targets(pool: Pool, now = 0): string[] {
  const found = new Set<string>();
  for (let n = 0; n < 200; n += 1) {
    const request = new WaitingRequest().ask(pool, now);
    if (request.member === undefined) {
      pool.withdraw(request);
      continue;
    }
    found.add(request.member.id);
    pool.release(request.member, { status: 0, failure: "client-gone", responseMs: 0 }, now);
  }
  return [...found].toSorted((x, y) => x.localeCompare(y));
}

describe("health seen in requests", () => {
  test("two refused connections in a row make a member unhealthy, so that a crash holds requests instead of failing them", () => {
    const pool = healthyPool(poolSpec({ members: [memberSpec("a")] }));
    send(pool, "a", refusedConnection);
    assert.equal(member(pool, "a").health, "healthy");
    send(pool, "a", answer());
    send(pool, "a", refusedConnection);
    send(pool, "a", refusedConnection);
    assert.deepEqual([member(pool, "a").health, pool.unreadyCount], ["unhealthy", 1]);
    const request = new WaitingRequest().ask(pool, 10);
    assert.deepEqual([request.calls, pool.holdCause], [0, "no-instance"]);
    pool.reportCheck(member(pool, "a"), true, 500);
    assert.equal(request.member?.id, "a");
  });

  test("failures in a row eject a member for a time that doubles, and a good answer in between forgives them", () => {
    const pool = healthyPool(poolSpec({ members: four, policy: { health: { ejectAfterFailures: 3 } } }));
    for (const outcome of [answer(500), answer(502), answer(), answer(503), answer(500)])
      send(pool, "a", outcome);
    assert.equal(member(pool, "a").health, "healthy");
    send(pool, "a", { status: 0, failure: "reset", responseMs: 0 }, 1_000);
    assert.deepEqual(
      [member(pool, "a").health, targets(pool, 1_000), pool.counters.ejections],
      ["ejected", ["b", "c", "d"], 1],
    );
    pool.tick(10_999);
    assert.equal(member(pool, "a").health, "ejected");
    pool.tick(11_000);
    assert.deepEqual(targets(pool, 20_000), ids);
    for (let n = 0; n < 3; n += 1) send(pool, "a", answer(500), 20_000);
    pool.tick(39_999);
    assert.equal(member(pool, "a").health, "ejected", "20 s now");
    pool.tick(40_000);
    assert.equal(member(pool, "a").health, "healthy");
    for (let n = 0; n < 3; n += 1) send(pool, "a", answer(500), 100_000);
    pool.tick(110_000);
    assert.equal(member(pool, "a").health, "healthy", "a quiet time has forgotten the ejections before");
  });

  test("a client that goes away says nothing about the member", () => {
    const pool = healthyPool(poolSpec({ members: four, policy: { health: { ejectAfterFailures: 1 } } }));
    send(pool, "a", { status: 0, failure: "client-gone", responseMs: 0 });
    assert.deepEqual([member(pool, "a").health, member(pool, "a").failures], ["healthy", 0]);
  });

  test("never more than half of the members are ejected, and one of one never is", () => {
    const policy = { health: { ejectAfterFailures: 1 } };
    const pool = healthyPool(poolSpec({ members: four, policy }));
    for (const id of ids) send(pool, id, answer(500));
    assert.equal(pool.members.filter((one) => one.health === "ejected").length, 2);
    const single = healthyPool(poolSpec({ members: [memberSpec("a")], policy }));
    for (let n = 0; n < 20; n += 1) send(single, "a", answer(500));
    assert.deepEqual([member(single, "a").health, member(single, "a").failures], ["healthy", 20]);
  });
});

describe("health seen in checks", () => {
  test("a member takes as many failed checks as the policy says, and comes back after as many good ones", () => {
    const pool = healthyPool(
      poolSpec({ members: four, policy: { health: { unhealthyAfter: 3, healthyAfter: 2 } } }),
    );
    const a = member(pool, "a");
    for (const ok of [false, false, true, false, false]) pool.reportCheck(a, ok, 0);
    assert.equal(a.health, "healthy");
    pool.reportCheck(a, false, 0);
    assert.deepEqual([a.health, targets(pool)], ["unhealthy", ["b", "c", "d"]]);
    pool.reportCheck(a, true, 0);
    assert.equal(a.health, "unhealthy");
    pool.reportCheck(a, true, 0);
    assert.equal(a.health, "healthy");
  });
});

describe("the panic rule", () => {
  const policy = { health: { unhealthyAfter: 1, panicPercent: 50 } };

  test("with too few healthy members, all that accept connections get requests; one that refuses them does not", () => {
    const pool = healthyPool(poolSpec({ members: four, policy }));
    pool.reportCheck(member(pool, "a"), false, 0, true);
    pool.reportCheck(member(pool, "b"), false, 0, true);
    assert.deepEqual(targets(pool), ["c", "d"], "half is not too few");
    pool.reportCheck(member(pool, "c"), false, 0, false);
    assert.deepEqual(targets(pool), ["a", "b", "d"]);
    assert(pool.counters.panicked > 0);
    send(pool, "a", refusedConnection);
    assert.deepEqual(targets(pool), ["b", "d"], "in panic one refused connection is enough");
  });

  test("a member that never was healthy is starting, and gets nothing even when all others are ill", () => {
    const pool = healthyPool(poolSpec({ members: four.slice(0, 2), policy }));
    pool.update(poolSpec({ members: four, policy }), 0);
    pool.reportCheck(member(pool, "a"), false, 0, true);
    pool.reportCheck(member(pool, "b"), false, 0, false);
    assert.deepEqual(targets(pool), ["a"]);
    pool.reportCheck(member(pool, "a"), false, 0, false);
    assert.deepEqual(targets(pool), []);
    assert.equal(pool.holding, 0);
  });

  test("what refused connections and listens again is starting: no panic makes it a target before a check passes", () => {
    const pool = healthyPool(poolSpec({ members: four.slice(0, 1), policy }));
    send(pool, "a", refusedConnection);
    send(pool, "a", refusedConnection);
    const request = new WaitingRequest().ask(pool, 0);
    pool.reportCheck(member(pool, "a"), false, 100, true);
    assert.deepEqual([request.calls, pool.holdCause], [0, "no-instance"]);
    pool.reportCheck(member(pool, "a"), true, 200);
    assert.equal(request.member?.id, "a");
  });

  test("panicPercent 0 never panics: requests wait", () => {
    const pool = healthyPool(
      poolSpec({ members: four, policy: { health: { unhealthyAfter: 1, panicPercent: 0 } } }),
    );
    for (const id of ids) pool.reportCheck(member(pool, id), false, 0, true);
    assert.deepEqual(targets(pool), []);
  });
});
