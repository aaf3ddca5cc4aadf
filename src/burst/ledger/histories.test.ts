import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openTestMoney, testMoneyOn, testPlan } from "#test/support/burst-money.ts";
import { history, live, planOf } from "#test/support/money-history.ts";
import { createMoneyModel } from "#test/support/money-model.ts";
import { movableClock } from "#test/support/movable-clock.ts";
import { openStoreOn, openTestStore } from "#test/support/store.ts";
import { createMoneyStore } from "#store/burst-money.ts";

/** All hundred thousand of the acceptance list with VDC_MONEY_HISTORIES=100000, and then some hundred on PostgreSQL. */
const wanted = process.env["VDC_MONEY_HISTORIES"];
const modelRuns = Number(wanted ?? 5_000);
const databaseRuns = wanted === undefined ? 40 : 300;
/** Histories after which the control process is another one. */
const reconnectEvery = 10;

test("in no history of prices, caps, failures, duplicates, restarts and refunds is more charged than was accepted, or anything twice", async () => {
  const seen = { refused: 0, settled: 0 };
  const property = fc.asyncProperty(history(planOf), async (lived) => {
    seen[await live(testMoneyOn(createMoneyModel(lived.plan), movableClock()), lived)] += 1;
  });
  await fc.assert(property, { numRuns: modelRuns });
  assert.ok(seen.settled > modelRuns / 2 && seen.refused > 0, JSON.stringify(seen));
});

test("the same holds on PostgreSQL when its connections are others in between", async () => {
  await using shared = await openTestStore();
  const clock = movableClock();
  await openTestMoney(shared.store, clock);
  const histories = fc.sample(history(fc.constant(testPlan)), databaseRuns);
  for (let from = 0; from < histories.length; from += reconnectEvery) {
    await using store = await openStoreOn(shared.url, clock);
    const money = testMoneyOn(createMoneyStore(store), clock, `${from}-`);
    for (const lived of histories.slice(from, from + reconnectEvery)) await live(money, lived);
  }
});
