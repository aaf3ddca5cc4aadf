import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { amountOfDecimal } from "#api/money.ts";
import { formatCost, formatGigahertz, shortMoney } from "./burst-text.ts";

const of = (decimal: string) => shortMoney(amountOfDecimal(decimal) ?? 0n, "USD");

describe("words of burst for the eye", () => {
  it("money has two decimals from one on, and three significant digits below it", () => {
    assert.equal(of("0"), "0.00 USD");
    assert.equal(of("0.5"), "0.50 USD");
    assert.equal(of("12.5"), "12.50 USD");
    assert.equal(of("0.000131"), "0.000131 USD");
    assert.equal(of("0.0001311"), "0.000132 USD");
    assert.equal(of("0.999999"), "1.00 USD");
    assert.equal(of("0.000000000001"), "0.000000000001 USD");
  });

  it("money is never shown as less than it is, and never as much more", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 23n }), (amount) => {
        const shown = amountOfDecimal(shortMoney(amount, "USD").replace(" USD", "")) ?? 0n;
        assert.ok(shown >= amount && (shown - amount) * 99n <= amount, `${amount} is shown as ${shown}`);
        assert.equal(shortMoney(-amount, "USD"), `-${shortMoney(amount, "USD")}`);
      }),
    );
  });

  it("gigahertz and work have few digits and a unit that fits", () => {
    assert.equal(formatGigahertz(2.9512), "2.95 GHz");
    assert.equal(formatGigahertz(38.42), "38.4 GHz");
    assert.equal(formatGigahertz(12_345.6), "12,346 GHz");
    assert.equal(formatCost(1500), "1.5 core-seconds");
    assert.equal(formatCost(600_000), "10 core-minutes");
    assert.equal(formatCost(36_000_000), "10 core-hours");
  });
});
