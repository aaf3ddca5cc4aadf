import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { amountOf, moneyText, plainAmount } from "./money.ts";

const point = new Intl.NumberFormat().formatToParts(1.5).find(({ type }) => type === "decimal")?.value ?? ".";

/** What somebody reads who knows that it is an amount of the currency. */
function read(text: string): bigint {
  const [whole = "", fraction = ""] = text.split(point).map((part) => part.replaceAll(/\D/g, ""));
  return BigInt(amountOf(`${whole}.${fraction}`) ?? "-1");
}

const of = (decimal: string) => moneyText(amountOf(decimal) ?? "", "USD");

describe("money in Darkroom", () => {
  it("has two decimals from one on and three digits below it, and only nothing is shown as nothing", () => {
    const shown = ["0", "0.000000000001", "0.0000131", "0.00013149", "0.1234", "0.5", "12.344", "1200"].map(
      of,
    );
    assert.deepEqual(
      shown.map((text) =>
        text
          .replaceAll(/[^\d.,]/g, "")
          .replace(/^1\D200/, "1200")
          .replace(point, "."),
      ),
      ["0.00", "0.000000000001", "0.0000131", "0.000132", "0.124", "0.50", "12.35", "1200.00"],
    );
  });

  it("is never shown as less than it is, nor as more than a hundredth more", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 23n }), (amount) => {
        const shown = read(moneyText(amount.toString(), "USD"));
        assert.ok(shown >= amount && (shown - amount) * 99n <= amount, `${amount} is shown as ${shown}`);
      }),
    );
  });

  it("is exact in a field, and read back as it was", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 23n }), (amount) => {
        assert.equal(amountOf(plainAmount(amount.toString())), amount.toString());
      }),
    );
  });
});
