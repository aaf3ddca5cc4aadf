import assert from "node:assert/strict";
import { it } from "node:test";
import { Throttle } from "./throttle.ts";

it("a throttle gives so many at once, and from then on as many a second as it says", () => {
  let now = 1_000;
  const throttle = new Throttle({ perSecond: 100, atOnce: 10 }, { monotonic: () => now });
  assert.equal(throttle.take(10), 0);
  assert.equal(throttle.take(1), 10);
  assert.equal(throttle.take(4), 50, "what was taken in advance is waited for");
  now += 50;
  assert.equal(throttle.take(0), 0);
  now += 3_600_000;
  assert.equal(throttle.take(11), 10, "a pause of an hour saves up no more than what goes at once");
});
