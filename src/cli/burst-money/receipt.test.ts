import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Offer } from "#api/burst.ts";
import { amountOfDecimal } from "#api/money.ts";
import { invoiceReceipt, offerReceipt, timeText } from "./receipt.ts";

const offer: Offer = {
  id: "ofr_1",
  project: "default",
  title: "Merge\u001b[31m to HDR",
  state: "open",
  quoteHash: "a".repeat(64),
  graph: "b".repeat(64),
  plan: "sample",
  prices: "0123456789abcdef",
  currency: "USD",
  included: { cores: 0.5, memoryBytes: 1024 ** 3 },
  needed: { cores: 16, memoryBytes: 2 * 1024 ** 3 },
  cost: 16_800,
  within: { seconds: { p50: 34, p90: 45 }, price: "0" },
  burst: { seconds: { p50: 2.1, p90: 3.4 }, price: "215000000" },
  perMinute: "6000000000",
  bound: "215000000",
  remembered: 0,
  expected: "215000000",
  workers: 16,
  lines: [
    { stage: "analyse", tasks: 1, cost: 800, amount: "10000000" },
    { stage: "render", tasks: 168, cost: 16_000, amount: "205000000" },
  ],
  credit: "7000000",
  validUntil: "2026-11-22T20:00:00.000Z",
};

test("an offer prints as a receipt whose lines end below each other and whose text cannot write on the terminal", () => {
  assert.equal(
    offerReceipt(offer),
    `${[
      String.raw`Merge\u001b[31m to HDR`,
      "offer ofr_1, open until 2026-11-22T20:00:00.000Z",
      "",
      "Within plan sample (0.5 cores, 1 GiB):  34 s to 45 s, free",
      "With burst (16 cores, 2 GiB):  2.1 s to 3.4 s",
      "",
      "  analyse: 1 task, 0.8 s of a core   0.000010 USD",
      "  render: 168 tasks, 16 s of a core  0.000205 USD",
      "  -----------------------------------------------",
      "  Price                              0.000215 USD",
      "",
      "Never more than 0.000215 USD; about 0.006 USD a minute while it runs.",
      "The plan's share of 0.000007 USD is taken off already. What fails, or is known from before, costs nothing.",
    ].join("\n")}\n`,
  );
  assert.ok(!offerReceipt(offer).includes("\u001b"));
});

test("an offer says what is known from before and costs nothing, and still what it costs at most", () => {
  const [analyse, render] = offer.lines;
  assert.ok(analyse !== undefined && render !== undefined);
  const lines = [{ ...render, tasks: 2, cost: 190, amount: "2400000" }];
  const text = offerReceipt({ ...offer, lines, remembered: 167, expected: "2400000" });
  assert.match(text, /^ {2}render: 2 tasks, 0\.2 s of a core +0\.0000024 USD$/m);
  assert.match(text, /^ {2}Price, without 167 tasks known from before +0\.0000024 USD$/m);
  assert.match(text, /^Never more than 0\.000215 USD;/m);
});

test("an invoice has the same lines, and what was given back", () => {
  const { title, currency, lines, credit } = offer;
  const text = invoiceReceipt({
    job: "job_1",
    title,
    currency,
    lines,
    credit,
    total: "215000000",
    refunded: "15000000",
  });
  assert.match(text, /^ {2}Total +0\.000215 USD$/m);
  assert.match(text, /^ {2}Given back +-0\.000015 USD$/m);
});

test("a receipt shows every digit, so that no price looks like nothing, and no bound lower than it is", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 10n ** 20n }), (amount) => {
      const price = amount.toString();
      const lines = [{ stage: "render", tasks: 1, cost: 3, amount: price }];
      const text = offerReceipt({ ...offer, lines, expected: price, bound: price });
      const read = (found: RegExpExecArray | null) => amountOfDecimal(found?.[1] ?? "");
      assert.equal(read(/render: 1 task, 3 ms of a core +(\S+) USD/.exec(text)), amount);
      assert.equal(read(/Price +(\S+) USD/.exec(text)), amount);
      assert.equal(read(/Never more than (\S+) USD/.exec(text)), amount);
    }),
  );
});

test("a time is as exact as people say it", () => {
  assert.deepEqual([0, 0.0004, 0.84, 42.4, 185, 7_440].map(timeText), [
    "0 ms",
    "1 ms",
    "0.8 s",
    "42 s",
    "3 min 5 s",
    "2 h 4 min",
  ]);
});
