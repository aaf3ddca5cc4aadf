import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { backoffMs } from "./backoff.ts";
import { systemRandom, type Random } from "./random.ts";

const limits = { baseMs: 100, maxMs: 30_000 };
const drawing = (fraction: number): Random => ({ ...systemRandom, fraction: () => fraction });
const almostOne = (2 ** 32 - 1) / 2 ** 32;

test("a wait doubles with every attempt until it reaches its limit", () => {
  const shortest = [0, 1, 2, 3, 8, 9, 100].map((attempt) => backoffMs(attempt, limits, drawing(0)));
  assert.deepEqual(shortest, [50, 100, 200, 400, 12_800, 15_000, 15_000]);
});

test("a wait lies between half of its whole and the whole, at any attempt however huge", () => {
  const attempts = fc.oneof(fc.nat(), fc.constantFrom(1e6, Number.MAX_SAFE_INTEGER, Infinity));
  const spans = fc.record({
    baseMs: fc.integer({ min: 1, max: 1e4 }),
    maxMs: fc.integer({ min: 1, max: 1e7 }),
  });
  fc.assert(
    fc.property(attempts, spans, fc.constantFrom(0, 0.25, 0.5, almostOne), (attempt, span, fraction) => {
      const whole = Math.min(span.maxMs, span.baseMs * 2 ** Math.min(attempt, 30));
      const wait = backoffMs(attempt, span, drawing(fraction));
      assert.ok(wait >= whole / 2 && wait < whole, `${wait} of ${whole}`);
      assert.ok(wait <= span.maxMs);
    }),
  );
});

test("two that wait after the same failure do not come back together", () => {
  assert.notEqual(backoffMs(5, limits, drawing(0.1)), backoffMs(5, limits, drawing(0.9)));
});
