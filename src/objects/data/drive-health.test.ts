import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#sim/clock.ts";
import { hedgeMaxMs, hedgeMinMs, hedgeTokensMax } from "./data-limits.ts";
import { DriveHealth } from "./drive-health.ts";
import { HedgeBudget } from "./hedge-budget.ts";

test("a drive in trouble is left alone for a second, then twice as long each time, until it does well again", () => {
  const clock = new ManualClock();
  const health = new DriveHealth(clock);
  const avoidedMs = () => {
    let ms = 0;
    for (; health.isAvoided(1); ms += 500) clock.pauseFor(500);
    return ms;
  };
  for (const expected of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    for (let count = 0; count < 5; count += 1) health.trouble(1);
    health.good(1, 5);
    assert.equal(avoidedMs(), expected, "an answer that was under way changes nothing");
  }
  health.good(1, 5);
  health.trouble(1);
  assert.equal(avoidedMs(), 1_000);
  assert.equal(health.isAvoided(2), false);
});

test("a read is late after twice what nearly all took, and extra reads stay a twentieth of all", () => {
  const health = new DriveHealth(new ManualClock());
  const budget = new HedgeBudget(health);
  assert.equal(budget.hedgeMs, hedgeMaxMs, "nothing is known yet");
  for (let count = 0; count < 320; count += 1) health.good(count % 4, count % 50 === 0 ? 400 : 20);
  assert.equal(budget.hedgeMs, 40);
  for (let count = 0; count < 320; count += 1) health.good(count % 4, 0.1);
  assert.equal(budget.hedgeMs, hedgeMinMs);
  let hedges = 0;
  for (let count = 0; count < 10_000; count += 1) {
    budget.earn(1);
    if (budget.take(1)) hedges += 1;
  }
  assert.ok(hedges <= 500 + hedgeTokensMax, `${hedges} hedges`);
});
