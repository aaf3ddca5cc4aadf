import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { DriveState, DriveView } from "#objects/records.ts";
import { SeededRandom } from "#sim/random.ts";
import { commitMinimum, place } from "./placement.ts";

function drives(
  states: readonly DriveState[],
  free: (number: number) => number = () => 2 ** 30,
): DriveView[] {
  return states.map((state, number) => ({
    number,
    id: `${number}`,
    path: "",
    wanted: "active",
    addedAt: 0,
    since: 0,
    totalBytes: 2 ** 40,
    state,
    freeBytes: free(number),
  }));
}
const calm = () => false;
const random = new SeededRandom(5);

test("no drive holds two shards, none but a writable one is chosen, and the commit rule can always be met", () => {
  const state = fc.constantFrom<DriveState>(
    "ok",
    "ok",
    "ok",
    "suspect",
    "full",
    "readonly",
    "missing",
    "failed",
  );
  fc.assert(
    fc.property(
      fc.array(state, { maxLength: 9 }),
      fc.array(fc.boolean(), { maxLength: 9 }),
      (states, avoided) => {
        const placement = place({
          drives: drives(states),
          isAvoided: (number) => avoided[number] === true,
          random,
        });
        if (placement === undefined) return;
        const chosen = placement.drives.filter((number) => number >= 0);
        assert.equal(new Set(chosen).size, chosen.length);
        assert.ok(chosen.every((number) => states[number] === "ok"));
        assert.equal(placement.drives.length, placement.k + placement.m);
        assert.ok(chosen.length >= commitMinimum(placement));
        assert.ok(placement.m > 0 || states.length === 1, "a store of several drives never keeps one copy");
      },
    ),
  );
});

test("six drives take 4+2; with one away a parity shard is missing, with two away 2+2 is taken", () => {
  const whole = place({ drives: drives(Array(6).fill("ok")), isAvoided: calm, random });
  assert.deepEqual([whole?.k, whole?.m, whole?.drives.includes(-1)], [4, 2, false]);
  const five = place({
    drives: drives(["failed", ...Array(5).fill("ok")] as DriveState[]),
    isAvoided: calm,
    random,
  });
  assert.deepEqual([five?.k, five?.m, five?.drives.indexOf(-1)], [4, 2, 5]);
  const four = place({
    drives: drives(["failed", "missing", "ok", "ok", "ok", "ok"]),
    isAvoided: calm,
    random,
  });
  assert.deepEqual([four?.k, four?.m], [2, 2]);
});

test("three drives with one away take a mirror, and one left of two takes nothing", () => {
  const two = place({ drives: drives(["ok", "suspect", "ok"]), isAvoided: calm, random });
  assert.deepEqual([two?.k, two?.m], [1, 1]);
  assert.equal(place({ drives: drives(["ok", "missing"]), isAvoided: calm, random }), undefined);
  assert.equal(place({ drives: [], isAvoided: calm, random }), undefined);
});

test("a drive that was late just now is taken only when there is no way without it", () => {
  const all = drives(["ok", "ok", "ok"]);
  const without = place({ drives: all, isAvoided: (number) => number === 1, random });
  assert.ok(without?.drives.every((number) => number !== 1));
  const forced = place({ drives: drives(["ok", "ok"]), isAvoided: (number) => number === 1, random });
  assert.deepEqual(forced?.drives.toSorted(), [0, 1]);
});

test("a drive with more room gets more shards", () => {
  const views = drives(Array(12).fill("ok"), (number) => (number < 6 ? 2 ** 30 : 2 ** 32));
  const taken = Array.from(
    { length: 600 },
    () => place({ drives: views, isAvoided: calm, random })?.drives ?? [],
  ).flat();
  const roomy = taken.filter((number) => number >= 6).length;
  assert.ok(roomy > taken.length * 0.65 && roomy < taken.length * 0.95, `${roomy} of ${taken.length}`);
});
