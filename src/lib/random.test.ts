import assert from "node:assert/strict";
import { test } from "node:test";
import { newSecret, systemRandom } from "./random.ts";

test("a secret is 32 random bytes in 43 characters that need no escaping in an address", () => {
  const bytes = Uint8Array.from({ length: 32 }, (_, at) => 255 - at);
  const asked: number[] = [];
  const secret = newSecret({ ...systemRandom, bytes: (count) => (asked.push(count), bytes) });
  assert.deepEqual([asked, Buffer.from(secret, "base64url")], [[32], Buffer.from(bytes)]);
  assert.match(newSecret(systemRandom), /^[A-Za-z0-9_-]{43}$/);
});

test("no two secrets are alike", () => {
  assert.equal(new Set(Array.from({ length: 1000 }, () => newSecret(systemRandom))).size, 1000);
});

test("fractions lie in [0, 1) and are spread over all of it", () => {
  const tenths = new Set<number>();
  for (let draw = 0; draw < 1000; draw += 1) {
    const fraction = systemRandom.fraction();
    assert.ok(fraction >= 0 && fraction < 1);
    tenths.add(Math.floor(fraction * 10));
  }
  // That a tenth stays empty in 1000 draws has a chance of 10 × 0.9^1000, which is less than 10^-44.
  assert.equal(tenths.size, 10);
});

test("random bytes come in the number asked for", () => {
  assert.deepEqual(
    [0, 1, 10, 32].map((count) => systemRandom.bytes(count).length),
    [0, 1, 10, 32],
  );
});
