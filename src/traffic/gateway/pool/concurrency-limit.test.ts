import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "#test/support/gateway-pool.ts";
import { ConcurrencyLimit } from "./concurrency-limit.ts";
import { poolLimits } from "./limits.ts";

const random = seededRandom(11);

/** What the member does with `inFlight` requests: how long an answer takes. */
type Server = (inFlight: number) => number;

/** Works on `parallel` requests at once, each for `ms`; more of them wait inside of it. */
function saturating(parallel: number, ms: number): Server {
  return (inFlight) => ms * Math.max(1, inFlight / parallel);
}

/**
 * Keeps as many requests in the server as the limit and `demand` allow, for some time, and gives the limits at the end of each
 * second. Steps of a millisecond; each request ends when its time is over.
 */
function run(limit: ConcurrencyLimit, seconds: number, demand: number, server: Server, from = 0): number[] {
  const ends: { at: number; since: number }[] = [];
  const limits: number[] = [];
  for (let now = from; now < from + seconds * 1_000; now += 1) {
    for (let index = ends.length - 1; index >= 0; index -= 1) {
      const request = ends[index];
      if (request === undefined || request.at > now) continue;
      limit.answered(now - request.since, ends.length, now);
      ends.splice(index, 1);
    }
    while (ends.length < Math.min(demand, limit.value)) {
      const ms = server(Math.min(demand, limit.value)) * (0.5 + random.fraction());
      ends.push({ at: now + Math.max(1, Math.round(ms)), since: now });
    }
    if ((now - from) % 1_000 === 999) limits.push(limit.value);
  }
  return limits;
}

describe("the learned concurrency limit", () => {
  test("begins modestly and grows with answers to the cap while they stay quick", () => {
    const limit = new ConcurrencyLimit(200, true);
    assert.equal(limit.value, poolLimits.freshConcurrency);
    const limits = run(limit, 5, 1_000, () => 50);
    assert(limits.every((value) => value <= 200));
    assert.equal(limits.at(-1), 200);
  });

  test("never passes the cap, and does not learn when it is told not to", () => {
    const small = new ConcurrencyLimit(5, true);
    assert.equal(small.value, 5);
    assert.deepEqual(new Set(run(small, 5, 100, () => 10)), new Set([5]));
    const fixed = new ConcurrencyLimit(50, false);
    assert.deepEqual(new Set(run(fixed, 5, 100, saturating(4, 20))), new Set([50]));
  });

  test("comes down to about twice what a saturated member works on at once, and stays there", () => {
    const limit = new ConcurrencyLimit(200, true);
    run(limit, 30, 2, saturating(10, 40)); // quiet: the baseline
    const limits = run(limit, 120, 1_000, saturating(10, 40), 30_000);
    const settled = limits.slice(60);
    assert(Math.max(...settled) <= 40, `up to ${Math.max(...settled)}`);
    assert(Math.min(...settled) >= 10, `down to ${Math.min(...settled)}`);
  });

  test("does not fall because answers vary: with times from 1 to 100 the floor and the use stand", () => {
    const limit = new ConcurrencyLimit(200, true);
    const varied: Server = () => 5 * 100 ** (random.fraction() ** 3);
    run(limit, 30, 3, varied);
    const limits = run(limit, 60, 60, varied, 30_000);
    assert(Math.min(...limits) >= 60, `down to ${Math.min(...limits)}`);
  });

  test("goes back to where it was when requests became slower by their nature, not by their number", () => {
    const limit = new ConcurrencyLimit(200, true);
    run(limit, 30, 2, () => 20);
    run(limit, 10, 1_000, () => 20, 30_000);
    assert.equal(limit.value, 200);
    const limits = run(limit, 60, 1_000, () => 400, 40_000);
    assert(Math.min(...limits) >= 100, `down to ${Math.min(...limits)}`);
    assert(Math.min(...limits.slice(20)) >= 180, `later down to ${Math.min(...limits.slice(20))}`);
  });

  test("never goes below its floor", () => {
    const limit = new ConcurrencyLimit(200, true);
    run(limit, 30, 1, saturating(1, 20));
    const limits = run(limit, 60, 1_000, saturating(1, 20), 30_000);
    assert(Math.min(...limits) >= poolLimits.learnedFloor);
    assert(Math.max(...limits.slice(40)) <= 2 * poolLimits.learnedFloor);
  });

  test("under constant load without a quiet minute it takes no slow answer for a baseline", () => {
    const limit = new ConcurrencyLimit(200, true);
    const limits = run(limit, 60, 100, saturating(50, 20));
    assert(Math.min(...limits.slice(5)) >= 50, `down to ${Math.min(...limits)}`);
  });

  test("a new cap holds at once", () => {
    const limit = new ConcurrencyLimit(200, true);
    run(limit, 5, 1_000, () => 20);
    limit.configure(30, true);
    assert.equal(limit.value, 30);
    limit.configure(80, false);
    assert.equal(limit.value, 80);
    limit.configure(80, true);
    assert.equal(limit.value, poolLimits.freshConcurrency);
  });
});
