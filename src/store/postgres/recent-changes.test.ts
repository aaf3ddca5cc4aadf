import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change } from "#api/records.ts";
import { RecentChanges } from "./recent-changes.ts";

function change(revision: number): Change {
  return { revision, type: "created", kind: "project", name: `p${revision}`, object: {} };
}

test("the newest changes are kept without a gap, and the oldest are forgotten", () => {
  const recent = new RecentChanges(100, 10);
  assert.equal(recent.revision, 100);
  for (let revision = 101; revision <= 150; revision += 1) {
    recent.push([change(revision)]);
    assert.equal(recent.revision, revision);
    assert.ok(recent.revision - recent.floor <= 20, "never more than twice the capacity");
    assert.ok(recent.revision - recent.floor >= Math.min(10, revision - 100), "never less than the capacity");
    const all = recent.after(recent.floor, 1000).map((one) => one.revision);
    assert.deepEqual(
      all,
      Array.from({ length: recent.revision - recent.floor }, (_, at) => recent.floor + 1 + at),
    );
  }
  assert.deepEqual(
    recent.after(145, 3).map((one) => one.revision),
    [146, 147, 148],
  );
  assert.deepEqual(recent.after(150, 3), []);
});

test("Invariant: a change that does not follow is a fault and never a gap", () => {
  const recent = new RecentChanges(100, 10);
  assert.throws(() => recent.push([change(102)]), /without a gap/);
  assert.throws(() => recent.push([change(100)]), /without a gap/);
  recent.push([change(101)]);
  recent.restart(200);
  assert.equal(recent.floor, 200);
  assert.throws(() => recent.after(150, 1), /in memory/);
});
