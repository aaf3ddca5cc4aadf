import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Pool } from "../pool-contract.ts";
import { answer, healthyPool, memberSpec, poolSpec, WaitingRequest } from "#test/support/gateway-pool.ts";

const one = { perInstance: 1, learn: false };

function askMany(
  pool: Pool,
  count: number,
  more: ConstructorParameters<typeof WaitingRequest>[0] = {},
): WaitingRequest[] {
  return Array.from({ length: count }, () => new WaitingRequest(more).ask(pool, 0));
}

/** Answers whatever is in the members, one after the other, until nothing is. Gives the order in which requests were served. */
function serveAll(pool: Pool, requests: readonly WaitingRequest[], from: number): WaitingRequest[] {
  const served: WaitingRequest[] = [];
  let now = from;
  for (;;) {
    const next = requests.find((request) => request.member !== undefined && !served.includes(request));
    if (next?.member === undefined) return served;
    served.push(next);
    now += 5;
    pool.release(next.member, answer(), now);
  }
}

describe("holding", () => {
  test("a request waits while there is no member, and is granted when the first one passes a check", () => {
    const pool = healthyPool(poolSpec());
    const request = new WaitingRequest().ask(pool, 0);
    assert.deepEqual([request.calls, pool.holding, pool.holdCause], [0, 1, "no-instance"]);
    pool.update(poolSpec({ members: [memberSpec("a")] }), 100);
    assert.deepEqual([request.calls, pool.holding, pool.unreadyCount], [0, 1, 1]);
    pool.reportCheck(pool.members[0] ?? assert.fail(), true, 250);
    assert.deepEqual([request.member?.id, request.heldMs, request.calls], ["a", 250, 1]);
    assert.deepEqual([pool.holding, pool.holdCause, pool.counters.held], [0, undefined, 1]);
  });

  test("a request waits while all members drain, are unhealthy or have as many as they may", () => {
    const draining = healthyPool(poolSpec({ members: [memberSpec("a", { state: "draining" })] }));
    new WaitingRequest().ask(draining, 0);
    assert.equal(draining.holdCause, "no-instance");
    const busy = healthyPool(poolSpec({ members: [memberSpec("a")], policy: { concurrency: one } }));
    const [first, second] = askMany(busy, 2);
    assert.deepEqual([first?.member?.id, second?.calls, busy.holdCause], ["a", 0, "concurrency"]);
    busy.release(first?.member ?? assert.fail(), answer(), 30);
    assert.deepEqual([second?.member?.id, second?.heldMs], ["a", 30]);
  });

  test("requests of one client are granted in the order in which they came, and a newcomer does not pass them", () => {
    const pool = healthyPool(poolSpec({ members: [memberSpec("a")], policy: { concurrency: one } }));
    const requests = askMany(pool, 20);
    assert.deepEqual(serveAll(pool, requests, 0), requests);
  });

  test("clients take turns: one with 500 requests delays another by one, not by 500", () => {
    const pool = healthyPool(poolSpec({ members: [memberSpec("a")], policy: { concurrency: one } }));
    const flood = askMany(pool, 500, { fairKey: 1 });
    const other = askMany(pool, 3, { fairKey: 2 });
    const served = serveAll(pool, [...flood, ...other], 0);
    assert.equal(served.length, 503);
    for (const [index, request] of other.entries()) assert(served.indexOf(request) <= 3 + 2 * index);
  });

  test("a full queue displaces the newest of whoever has most in it, and refuses that one from then on", () => {
    const pool = healthyPool(poolSpec({ policy: { hold: { maxRequests: 100 } } }));
    const flood = askMany(pool, 101, { fairKey: 1 });
    assert.equal(flood.at(100)?.denial?.why, "hold-full");
    const other = new WaitingRequest({ fairKey: 2 }).ask(pool, 10);
    assert.deepEqual([other.calls, pool.holding, flood.at(99)?.denial?.why], [0, 100, "hold-full"]);
    assert.equal(flood.at(98)?.calls, 0);
  });

  test("waiting bytes are bounded too, and a request that is larger than all of them is refused", () => {
    const pool = healthyPool(poolSpec({ policy: { hold: { maxBytes: 1_000 } } }));
    const small = askMany(pool, 2, { heldBytes: 400 });
    assert.equal(new WaitingRequest({ heldBytes: 400 }).ask(pool, 0).denial?.why, "hold-full");
    assert.equal(new WaitingRequest({ heldBytes: 1_001 }).ask(pool, 0).denial?.why, "hold-full");
    pool.withdraw(small[0] ?? assert.fail());
    assert.equal(new WaitingRequest({ heldBytes: 400 }).ask(pool, 0).calls, 0);
  });

  test("at its own deadline a request is told why and when to come again; the others wait on", () => {
    const pool = healthyPool(poolSpec({ holdReason: "the image is being unpacked" }));
    const long = new WaitingRequest({ holdUntil: 10_000 }).ask(pool, 0);
    const short = new WaitingRequest({ holdUntil: 1_000 }).ask(pool, 0);
    pool.tick(999);
    assert.equal(short.calls, 0);
    pool.tick(1_000);
    assert.equal(short.denial?.why, "hold-deadline");
    assert.match(short.denial?.reason ?? "", /the image is being unpacked/);
    assert(short.denial.retryAfterSeconds > 0);
    assert.deepEqual([short.heldMs, long.calls], [1_000, 0]);
    pool.tick(10_000);
    assert.equal(long.denial?.why, "hold-deadline");
  });

  test("a request that is withdrawn hears nothing more and its place is free", () => {
    const pool = healthyPool(poolSpec({ policy: { hold: { maxRequests: 2 } } }));
    const [first, second] = askMany(pool, 2);
    pool.withdraw(first ?? assert.fail());
    pool.withdraw(first ?? assert.fail());
    assert.equal(pool.holding, 1);
    pool.update(poolSpec({ members: [memberSpec("a")] }), 10);
    pool.reportCheck(pool.members[0] ?? assert.fail(), true, 20);
    assert.deepEqual([first?.calls, second?.member?.id], [0, "a"]);
  });

  test("who asks from inside of a grant stands behind those who wait already", () => {
    const pool = healthyPool(poolSpec());
    const [first, second] = askMany(pool, 2);
    const inner = new WaitingRequest();
    assert(first !== undefined && second !== undefined);
    first.onGranted = () => void inner.ask(pool, 10);
    second.onGranted = () => assert.equal(inner.calls, 0);
    pool.update(poolSpec({ members: [memberSpec("a")] }), 5);
    pool.reportCheck(pool.members[0] ?? assert.fail(), true, 10);
    assert.deepEqual([first.calls, second.calls, inner.calls], [1, 1, 1]);
  });

  test("who withdraws others from inside of a denial leaves the rest as it was", () => {
    const pool = healthyPool(poolSpec());
    const requests = askMany(pool, 10, { holdUntil: 100 });
    const late = new WaitingRequest({ holdUntil: 200 }).ask(pool, 0);
    const [first, second, third] = requests;
    assert(first !== undefined && second !== undefined && third !== undefined);
    first.onDenied = () => {
      pool.withdraw(second);
      pool.withdraw(third);
    };
    pool.tick(100);
    assert.deepEqual(
      requests.map((request) => request.calls),
      [1, 0, 0, 1, 1, 1, 1, 1, 1, 1],
    );
    assert.deepEqual([late.calls, pool.holding], [0, 1]);
  });

  test("an app that is stopped lets nobody wait, and sends away those who do", () => {
    const pool = healthyPool(poolSpec());
    const waiting = new WaitingRequest().ask(pool, 0);
    pool.update(poolSpec({ stopped: true }), 10);
    assert.equal(waiting.denial?.why, "stopped");
    assert.equal(new WaitingRequest().ask(pool, 20).denial?.why, "stopped");
  });

  test("without a hold a request is refused at once, or goes to a member that is starting when there is one", () => {
    const policy = { hold: { maxMs: 0 } };
    const pool = healthyPool(poolSpec({ policy }));
    assert.equal(new WaitingRequest({ holdUntil: 0 }).ask(pool, 0).denial?.why, "no-members");
    pool.update(poolSpec({ policy, members: [memberSpec("a")] }), 10);
    assert.equal(new WaitingRequest({ holdUntil: 10 }).ask(pool, 10).member?.id, "a");
  });

  test("a flood of 1,000 held requests never exceeds the limit of the first member that comes", () => {
    const pool = healthyPool(poolSpec());
    const requests = askMany(pool, 1_000);
    pool.update(poolSpec({ members: [memberSpec("a")], policy: { concurrency: { perInstance: 20 } } }), 500);
    const member = pool.members[0] ?? assert.fail();
    let most = 0;
    for (const request of requests)
      request.onGranted = () => {
        most = Math.max(most, member.inFlight);
        assert(member.inFlight <= member.concurrencyLimit);
      };
    pool.reportCheck(member, true, 1_000);
    assert.equal(member.inFlight, 16, "a member of unknown capacity begins with a modest number");
    assert.equal(serveAll(pool, requests, 1_000).length, 1_000);
    assert.equal(most, 20);
  });

  test("a thousand grants that all fail at once inside of each other end without a deep stack", () => {
    const pool = healthyPool(poolSpec({ policy: { concurrency: one, hold: { maxRequests: 50_000 } } }));
    const requests = askMany(pool, 20_000);
    for (const request of requests)
      request.onGranted = () =>
        pool.release(
          request.member ?? assert.fail(),
          { status: 0, failure: "client-gone", responseMs: 0 },
          10,
        );
    pool.update(poolSpec({ members: [memberSpec("a")], policy: { concurrency: one } }), 5);
    pool.reportCheck(pool.members[0] ?? assert.fail(), true, 10);
    assert(requests.every((request) => request.calls === 1));
    assert.equal(pool.members[0]?.inFlight, 0);
  });
});
