import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { systemClock, type Clock } from "./clock.ts";
import { newId } from "./ids.ts";
import { systemRandom, type Random } from "./random.ts";

const at = (ms: number): Clock => ({ ...systemClock, now: () => ms });
const fixed = (bytes: Uint8Array): Random => ({ ...systemRandom, bytes: () => bytes });

test("an id has the layout of a ULID: its time and its random bits, in Crockford's base32", () => {
  const id = newId("operation", at(1_469_918_176_385), fixed(new Uint8Array(10)));
  assert.equal(id, "op_01aryz6s410000000000000000");
  assert.equal(newId("user", at(0), fixed(new Uint8Array(10).fill(255))), "usr_0000000000zzzzzzzzzzzzzzzz");
});

test("ids sort by the time of their making, and keep all their random bits", () => {
  const times = fc.integer({ min: 0, max: 2 ** 48 - 1 });
  const bytes = fc.uint8Array({ minLength: 10, maxLength: 10 });
  fc.assert(
    fc.property(times, times, bytes, bytes, (early, late, some, others) => {
      const [first, second] = [
        newId("event", at(early), fixed(some)),
        newId("event", at(late), fixed(others)),
      ];
      if (early < late) assert.ok(first < second);
      assert.equal(first.slice(-16) === second.slice(-16), Buffer.compare(some, others) === 0);
      assert.match(first, /^evt_[0-9a-hjkmnp-tv-z]{26}$/);
    }),
  );
});
