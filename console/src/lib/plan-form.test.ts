import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { planKind, planSpecSchema } from "#api/kinds/plan.ts";
import { moneyText } from "#api/money.ts";
import { emptyPlanForm, formOfPlan, perHour, planOfForm } from "./plan-form.ts";

const spec = planSpecSchema.parse(planKind.example.spec);

describe("the form of a plan", () => {
  it("a form that nobody touched asks for the plan that there is", () => {
    assert.deepEqual(planOfForm(formOfPlan("studio", spec)), { name: "studio", spec });
    const odd = { ...spec, includedMemoryBytes: 1_000_003 };
    assert.deepEqual(planOfForm(formOfPlan("studio", odd)), { name: "studio", spec: odd });
  });

  it("every field that is wrong is named at once", () => {
    const asked = planOfForm({
      ...emptyPlanForm,
      includedMemory: "much",
      includedCores: "",
      currency: "dollars",
    });
    assert.ok("problems" in asked);
    assert.deepEqual(Object.keys(asked.problems).toSorted(), [
      "currency",
      "includedCores",
      "includedMemory",
      "name",
      "pricePerCoreSecond",
      "pricePerGibSecond",
    ]);
  });

  it("an hour of a core costs what the seconds cost, to the last digit", () => {
    assert.equal(moneyText(perHour("0.0000131") ?? 0n, "USD"), "0.04716 USD");
    assert.equal(perHour("0.00"), 0n);
    assert.equal(perHour("-1"), undefined);
    assert.equal(perHour(""), undefined);
  });
});
