import assert from "node:assert/strict";
import { test } from "node:test";
import { TilePace } from "./tile-pace.ts";

test("each kind of tile is compared with its own best, whatever its graph states", () => {
  const pace = new TilePace();
  pace.done({ fn: "decode", cost: 100, elapsedMs: 50 });
  pace.done({ fn: "blend", cost: 100, elapsedMs: 400 });
  assert.deepEqual(pace.look(0), { now: 1, best: 1 });
  pace.done({ fn: "decode", cost: 100, elapsedMs: 200 });
  pace.done({ fn: "blend", cost: 100, elapsedMs: 1_600 });
  assert.deepEqual(pace.look(2_000), { now: 0.25, best: 1 });
});

test("a pace is remembered for some seconds without tiles, and then nothing is known", () => {
  const pace = new TilePace();
  assert.deepEqual(pace.look(0), { now: 0, best: 0 });
  pace.done({ fn: "decode", cost: 100, elapsedMs: 100 });
  pace.look(1_000);
  assert.deepEqual(pace.look(11_000), { now: 1, best: 1 });
  assert.deepEqual(pace.look(11_001), { now: 0, best: 0 });
});
