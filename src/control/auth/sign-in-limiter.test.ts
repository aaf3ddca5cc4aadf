import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { addressKey } from "#control/auth/address-key.ts";
import { authLimits } from "#control/auth/limits.ts";
import { SignInLimiter } from "#control/auth/sign-in-limiter.ts";

function limiter(maxKeys: number = authLimits.limiterKeys) {
  let now = 0;
  const { addressAttempts: address, userAttempts: user, limiterKeepMs: keepMs } = authLimits;
  const made = new SignInLimiter({ address, user, maxKeys, keepMs, monotonic: () => now });
  const wait = (ms: number) => {
    now += ms;
  };
  return { limiter: made, wait };
}

const { addressAttempts, userAttempts } = authLimits;

/** Milliseconds to wait; 0 when the attempt was allowed. */
function waitOf(attempt: ReturnType<SignInLimiter["attempt"]>): number {
  return attempt.allowed ? 0 : attempt.retryAfterMs;
}

describe("the sign-in limiter", () => {
  test("allows a burst, then locks for longer each time, up to a quarter of an hour", () => {
    const { limiter: subject, wait } = limiter();
    for (let count = 0; count < addressAttempts.burst; count += 1)
      assert.equal(waitOf(subject.attempt("192.0.2.1", "ada")), 0);
    const locks: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      const lock = waitOf(subject.attempt("192.0.2.1", "ada"));
      locks.push(lock);
      wait(lock - 1);
      assert.equal(waitOf(subject.attempt("192.0.2.1", "ada")), 1);
      wait(1);
      assert.equal(waitOf(subject.attempt("192.0.2.1", "ada")), 0);
    }
    assert.deepEqual(locks.slice(0, 4), [10_000, 20_000, 40_000, 80_000]);
    assert.equal(locks.at(-1), addressAttempts.lockMaxMs);
  });

  test("forgets the locks when all attempts have come back", () => {
    const { limiter: subject, wait } = limiter();
    for (let count = 0; count <= addressAttempts.burst; count += 1) subject.attempt("192.0.2.1");
    wait(addressAttempts.burst * addressAttempts.refillMs + addressAttempts.lockBaseMs);
    for (let count = 0; count < addressAttempts.burst; count += 1)
      assert.equal(waitOf(subject.attempt("192.0.2.1")), 0);
    assert.equal(waitOf(subject.attempt("192.0.2.1")), addressAttempts.lockBaseMs);
  });

  test("counts failures only: those who succeed are never held up", () => {
    const { limiter: subject } = limiter();
    for (let count = 0; count < 1000; count += 1) {
      const attempt = subject.attempt("192.0.2.1", "ada");
      assert.ok(attempt.allowed);
      attempt.succeeded();
    }
  });

  test("counts attempts under way, so that many at once are many", () => {
    const { limiter: subject } = limiter();
    const tries = Array.from({ length: 100 }, () => subject.attempt("192.0.2.1", "ada"));
    assert.equal(tries.filter(({ allowed }) => allowed).length, addressAttempts.burst);
  });

  test("does not let one address lock a user out for others", () => {
    const { limiter: subject, wait } = limiter();
    for (let second = 0; second < 3600; second += 1) {
      for (let count = 0; count < 50; count += 1) subject.attempt("203.0.113.66", "ada");
      if (second % 10 === 0) {
        const attempt = subject.attempt("192.0.2.1", "ada");
        assert.ok(attempt.allowed, `ada is locked out after ${second} s`);
        attempt.succeeded();
      }
      wait(1000);
    }
  });

  test("holds a user up for half a minute at most, however many addresses try", () => {
    const { limiter: subject, wait } = limiter();
    let longest = 0;
    for (let count = 0; count < 5000; count += 1) {
      longest = Math.max(longest, waitOf(subject.attempt(`198.51.${count >> 8}.${count & 255}`, "ada")));
      wait(100);
    }
    assert.equal(longest, userAttempts.lockMaxMs);
  });

  test("lets a user in from where the user came in before, also under a flood from everywhere", () => {
    const { limiter: subject, wait } = limiter();
    const before = subject.attempt("192.0.2.1", "ada");
    assert.ok(before.allowed);
    before.succeeded();
    for (let count = 0; count < 5000; count += 1) {
      subject.attempt(`198.51.${count >> 8}.${count & 255}`, "ada");
      if (count % 100 === 99) {
        assert.equal(subject.attempt("192.0.2.2", "ada").allowed, false);
        const attempt = subject.attempt("192.0.2.1", "ada");
        assert.ok(attempt.allowed);
        attempt.succeeded();
      }
      wait(10);
    }
    // A proven address has no more guesses than another one.
    const tries = Array.from({ length: 50 }, () => subject.attempt("192.0.2.1", "ada"));
    assert.equal(tries.filter(({ allowed }) => allowed).length, addressAttempts.burst);
  });

  test("bounds what guessing achieves: in a day one address has no more than its refill allows", () => {
    const { limiter: subject, wait } = limiter();
    let allowed = 0;
    for (let second = 0; second < 86_400; second += 1) {
      if (subject.attempt("203.0.113.66", `user-${second % 7}`).allowed) allowed += 1;
      wait(1000);
    }
    assert.ok(allowed < 150, `${allowed} guesses a day`);
  });

  test("takes a /64 network of IPv6, and both forms of an IPv4 address, for one caller", () => {
    const { limiter: subject } = limiter();
    for (let count = 0; count < addressAttempts.burst; count += 1)
      assert.equal(waitOf(subject.attempt(`2001:db8:0:1::${count.toString(16)}`)), 0);
    assert.notEqual(waitOf(subject.attempt("2001:DB8::1:ffff:ffff:ffff:ffff%eth0")), 0);
    assert.equal(waitOf(subject.attempt("2001:db8:0:2::1")), 0);
    assert.equal(addressKey("::ffff:192.0.2.1"), "192.0.2.1");
    assert.equal(addressKey("::1"), "0:0:0:0::/64");
    assert.equal(addressKey("2001:db8::"), "2001:db8:0:0::/64");
  });

  test("gives any text a short key", () => {
    fc.assert(fc.property(fc.string(), (text) => addressKey(text).length <= 64));
  });

  test("never allows more at once than the burst, whatever happened before", () => {
    const step = fc.record({
      address: fc.integer({ min: 0, max: 3 }),
      waitMs: fc.integer({ min: 0, max: 50_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { limiter: subject, wait } = limiter(2);
        for (const { address, waitMs } of steps) {
          const attempt = subject.attempt(`192.0.2.${address}`, "ada");
          if (waitMs % 2 === 0 && attempt.allowed) attempt.succeeded();
          wait(waitMs);
        }
        const tries = Array.from({ length: 50 }, () => subject.attempt("192.0.2.1", "ada"));
        assert.ok(tries.filter(({ allowed }) => allowed).length <= addressAttempts.burst);
      }),
    );
  });
});
