import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#sim/clock.ts";
import { settle } from "./settle.ts";

const patience = { enough: 3, useful: 2, factor: 3, shortMs: 100, longMs: 2_000, holdMs: 25_000 };

/** Tasks that take so many milliseconds; negative ones fail then. Answers what came out, and after how long. */
async function outcome(times: readonly number[]) {
  const clock = new ManualClock();
  const tasks = times.map(async (ms) => {
    await clock.sleep(Math.abs(ms));
    if (ms < 0) throw new Error("failed");
  });
  const ends: { readonly states: readonly string[]; readonly after: number }[] = [];
  const note = async () => {
    const outcomes = await settle(tasks, patience, clock);
    ends.push({ states: outcomes.map(({ state }) => state), after: clock.monotonic() });
  };
  const noting = note();
  while (ends.length === 0) await clock.advance(10);
  await noting;
  await clock.advance(100_000);
  return ends[0];
}

test("settling ends when all are done", async () => {
  assert.deepEqual(await outcome([10, 20, 30, 40]), { states: ["done", "done", "done", "done"], after: 40 });
});

test("a laggard is waited for three times as long as enough others took, within bounds", async () => {
  assert.deepEqual(await outcome([10, 10, 10, 9_000]), {
    states: ["done", "done", "done", "late"],
    after: 110,
  });
  assert.deepEqual(await outcome([10, 10, 400, 9_000]), {
    states: ["done", "done", "done", "late"],
    after: 1_600,
  });
});

test("too few that are useful already are not waited on for ever, and failures are told", async () => {
  assert.deepEqual(await outcome([10, 10, 9_000, -20]), {
    states: ["done", "done", "late", "failed"],
    after: 2_010,
  });
  assert.deepEqual((await outcome([10, 99_000, 99_000]))?.after, 25_000);
});
