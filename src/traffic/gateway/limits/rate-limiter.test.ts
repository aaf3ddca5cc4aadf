import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { clientKey } from "./client-key.ts";
import { createRateLimiter, maxClients } from "./rate-limiter.ts";

describe("rate limits", () => {
  test("a burst passes at once, then the rate, and who is refused learns which limit and for how long", () => {
    const limiter = createRateLimiter({ perClientPerSecond: 2, burst: 5 });
    for (let n = 0; n < 5; n += 1) assert.equal(limiter.take("192.0.2.1", 0), undefined);
    assert.deepEqual(limiter.take("192.0.2.1", 0), { limit: "client-rate", retryAfterSeconds: 1 });
    assert.equal(limiter.take("192.0.2.2", 0), undefined, "another client has its own");
    assert.equal(limiter.take("192.0.2.1", 499)?.limit, "client-rate");
    assert.equal(limiter.take("192.0.2.1", 500), undefined);
    assert.equal(limiter.take("192.0.2.1", 501)?.limit, "client-rate");
  });

  test("a request that one limit refuses does not count towards the other", () => {
    const limiter = createRateLimiter({ requestsPerSecond: 0.1, perClientPerSecond: 0.1, burst: 2 });
    for (let n = 0; n < 10; n += 1) limiter.take("192.0.2.1", 0);
    limiter.configure({ requestsPerSecond: 0.1, perClientPerSecond: 0.1, burst: 3 });
    assert.equal(limiter.take("192.0.2.2", 0), undefined, "of the route's tokens only two were taken");
    assert.deepEqual(limiter.take("192.0.2.3", 0), { limit: "route-rate", retryAfterSeconds: 10 });
    limiter.configure({ perClientPerSecond: 0.1, burst: 1 });
    assert.equal(limiter.take("192.0.2.3", 0), undefined, "the route's refusal cost the client nothing");
  });

  test("never lets more pass in any stretch of time than the burst and the rate allow, and never much less", () => {
    const gaps = fc.array(fc.nat(400), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(
        gaps,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 10 }),
        (waits, rate, burst) => {
          const limiter = createRateLimiter({ perClientPerSecond: rate, burst });
          const passed: number[] = [];
          let now = 0;
          for (const wait of waits) {
            now += wait;
            const refusal = limiter.take("a", now);
            if (refusal === undefined) passed.push(now);
            else {
              const since = passed.filter((at) => at > now - 1_000 * (burst / rate));
              assert(since.length >= burst - 1, "a refusal needs a bucket that was used");
            }
          }
          for (const [first, from] of passed.entries())
            for (const [last, to] of passed.entries())
              if (last >= first) assert(last - first + 1 <= burst + ((to - from) * rate) / 1_000 + 0.001);
        },
      ),
    );
  });

  test("the clients that are remembered are bounded, and those that ask stay", () => {
    const limiter = createRateLimiter({ perClientPerSecond: 0.001, burst: 1 });
    limiter.take("busy", 0);
    for (let n = 0; n < maxClients - 1; n += 1) limiter.take(`192.0.${n >> 8}.${n & 255}`, 0);
    assert.equal(limiter.take("busy", 1)?.limit, "client-rate");
    limiter.take("one more", 1);
    assert.equal(limiter.take("busy", 1), undefined, "it was the first of all and was forgotten");
    assert.equal(limiter.take("one more", 1)?.limit, "client-rate");
  });

  test("without limits everything passes", () => {
    const limiter = createRateLimiter(undefined);
    for (let n = 0; n < 1_000; n += 1) assert.equal(limiter.take("a", 0), undefined);
  });

  test("an IPv6 client is its /64, however it is written, and a mapped IPv4 address is that address", () => {
    assert.equal(clientKey("192.0.2.1"), "192.0.2.1");
    assert.equal(clientKey("::ffff:192.0.2.1"), "192.0.2.1");
    assert.equal(clientKey("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    assert.equal(clientKey("2001:0DB8:1:2::9"), "2001:db8:1:2::/64");
    assert.equal(clientKey("2001:db8::9"), "2001:db8:0:0::/64");
    assert.equal(clientKey("fe80::1%eth0"), "fe80:0:0:0::/64");
    assert.equal(clientKey("::1"), "0:0:0:0::/64");
    assert.notEqual(clientKey("2001:db8:1:3::"), clientKey("2001:db8:1:2::"));
  });
});
