import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { alertsOfText, amountOfText } from "./budget-form.ts";

describe("the form of a budget", () => {
  it("alerts are percents in order, each once", () => {
    assert.deepEqual(alertsOfText("80, 50 %, 100, 50"), [50, 80, 100]);
    assert.deepEqual(alertsOfText(""), []);
    assert.equal(alertsOfText("0"), undefined);
    assert.equal(alertsOfText("50, much"), undefined);
    assert.equal(alertsOfText("1 2 3 4 5 6 7 8 9 10 11"), undefined);
  });

  it("an amount is exact, and never made of something else", () => {
    assert.equal(amountOfText(" 12.5 "), "12500000000000");
    assert.equal(amountOfText("12,5"), undefined);
    assert.equal(amountOfText("-1"), undefined);
  });
});
