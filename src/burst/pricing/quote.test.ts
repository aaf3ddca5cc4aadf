import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { graphOf, task, testPlan } from "#test/support/burst-money.ts";
import { quoteOf } from "./quote.ts";
import { pricer } from "./task-price.ts";

/** Tasks of two stages, each of which reads the one before it or nothing, and whether it is remembered. */
const jobs = fc.array(
  fc.record({
    cost: fc.double({ min: 0, max: 5_000, noNaN: true }),
    memoryBytes: fc.integer({ min: 0, max: 2 ** 31 }),
    isChained: fc.boolean(),
    isRender: fc.boolean(),
    isKnown: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
);

test("a quote leaves out exactly the prices of what is remembered, and changes no other price", () => {
  fc.assert(
    fc.property(jobs, fc.integer({ min: 1, max: 64 }), (list, slots) => {
      const graph = graphOf(
        list.map(({ cost, memoryBytes, isChained, isRender }, at) =>
          task(cost, {
            memoryBytes,
            stage: isRender ? "render" : "analyse",
            inputs: isChained && at > 0 ? [{ task: at - 1, output: 0 }] : [],
          }),
        ),
      );
      const remembered = new Set(list.flatMap(({ isKnown }, at) => (isKnown ? [at] : [])));
      const common = { graph, plan: testPlan, fleet: [{ slots, speed: 1 }] };
      const whole = quoteOf(common);
      const quote = quoteOf({ ...common, remembered });
      assert.ok(whole !== undefined && quote !== undefined);
      assert.deepEqual(quote.terms, whole.terms);
      assert.equal(whole.expected, whole.price);
      assert.equal(quote.price, whole.price);
      const price = pricer(quote.terms);
      const known = graph.tasks.filter((_, at) => remembered.has(at));
      assert.equal(quote.expected + known.reduce((sum, one) => sum + price(one).net, 0n), quote.price);
      assert.equal(
        quote.lines.reduce((sum, { amount }) => sum + amount, 0n),
        quote.expected,
      );
      assert.ok(quote.workers <= slots && quote.workers >= 1);
      if (known.length === list.length) assert.equal(quote.expected, 0n);
    }),
  );
});
