import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { neededWorkers, planPool, poolLimits, remembered, type Need, type PoolBounds } from "./plan-pool.ts";

const boundsArbitrary: fc.Arbitrary<PoolBounds> = fc
  .record({
    min: fc.integer({ min: 0, max: 6 }),
    more: fc.integer({ min: 0, max: 10 }),
    drainSeconds: fc.integer({ min: 1, max: 600 }),
    keepSeconds: fc.integer({ min: 1, max: 120 }),
  })
  .map(({ min, more, ...times }) => ({ min, max: Math.max(1, min + more), ...times }));

interface Step {
  readonly afterMs: number;
  readonly need: number;
  readonly busy: number;
}

const stepsArbitrary: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 1, max: 10_000 }),
    need: fc.integer({ min: 0, max: 20 }),
    busy: fc.integer({ min: 0, max: 20 }),
  }),
  { maxLength: 60 },
);

/** Plays a history; answers what was decided and when. */
function play(bounds: PoolBounds, steps: readonly Step[], from = { wanted: bounds.min, needs: noNeeds }) {
  let { wanted, needs } = from;
  let nowMs = needs.at(-1)?.atMs ?? 0;
  const decided: { readonly atMs: number; readonly before: number; readonly wanted: number }[] = [];
  for (const { afterMs, need, busy } of steps) {
    nowMs += afterMs;
    needs = remembered(needs, { atMs: nowMs, workers: need }, bounds.keepSeconds);
    const before = wanted;
    wanted = planPool(before, needs, { bounds, busy, nowMs });
    decided.push({ atMs: nowMs, before, wanted });
  }
  return { decided, wanted, needs, nowMs };
}
const noNeeds: readonly Need[] = [];

describe("the scaler of a pool", () => {
  it("never leaves its bounds, and never ends a worker that is busy", () => {
    fc.assert(
      fc.property(boundsArbitrary, stepsArbitrary, (bounds, steps) => {
        for (const [at, { before, wanted }] of play(bounds, steps).decided.entries()) {
          assert.ok(wanted >= bounds.min && wanted <= bounds.max);
          if (wanted < before) assert.ok(wanted >= Math.min(steps[at]?.busy ?? 0, bounds.max));
        }
      }),
    );
  });

  it("never shrinks within the time that an instance is kept after it grew, nor grows at once after it shrank", () => {
    fc.assert(
      fc.property(boundsArbitrary, stepsArbitrary, (bounds, steps) => {
        const changes = play(bounds, steps).decided.filter(({ before, wanted }) => before !== wanted);
        for (const [at, { atMs, before, wanted }] of changes.entries()) {
          const last = changes[at - 1];
          if (last === undefined || last.wanted > last.before === wanted > before) continue;
          const restMs = wanted > before ? poolLimits.growAfterMs : bounds.keepSeconds * 1_000;
          assert.ok(atMs - last.atMs >= restMs, `${atMs - last.atMs} ms after the other way`);
        }
      }),
    );
  });

  it("reaches what is needed when that lasts, whatever was before", () => {
    fc.assert(
      fc.property(boundsArbitrary, stepsArbitrary, fc.nat({ max: 30 }), (bounds, steps, need) => {
        const before = play(bounds, steps);
        const lasting = { afterMs: poolLimits.everyMs, need, busy: 0 };
        const count = 2 + Math.ceil(Math.max(bounds.keepSeconds * 1_000, 4_000) / poolLimits.everyMs);
        const { wanted } = play(
          bounds,
          Array.from({ length: count }, () => lasting),
          before,
        );
        assert.equal(wanted, Math.min(Math.max(need, bounds.min), bounds.max));
      }),
    );
  });

  it("does not react to what is over before a worker would have started", () => {
    const bounds = { min: 0, max: 8, drainSeconds: 60, keepSeconds: 60 };
    const step = (afterMs: number, need: number) => ({ afterMs, need, busy: 0 });
    const { decided } = play(bounds, [step(2_000, 0), step(2_000, 8), step(2_000, 8), step(1_000, 0)]);
    assert.ok(decided.every(({ wanted }) => wanted === 0));
  });

  it("forgets needs that no decision asks for", () => {
    const steps = Array.from({ length: 500 }, (_, at) => ({ afterMs: 1_000, need: at % 7, busy: 0 }));
    const { needs } = play({ min: 0, max: 8, drainSeconds: 60, keepSeconds: 10 }, steps);
    assert.ok(needs.length <= 12, `${needs.length}`);
  });
});

describe("the need of a pool", () => {
  const worker = { slots: 1, msPerCost: 1 };

  it("is what gets the waiting work done in time, by the measured speed", () => {
    const work = [{ coreSeconds: 600, tasks: 1_000 }];
    assert.equal(neededWorkers(work, worker, { drainSeconds: 60 }), 10);
    assert.equal(neededWorkers(work, { slots: 1, msPerCost: 2 }, { drainSeconds: 60 }), 20);
    assert.equal(neededWorkers(work, { slots: 4, msPerCost: 2 }, { drainSeconds: 60 }), 5);
  });

  it("is one for the least work, and none for none", () => {
    assert.equal(neededWorkers([{ coreSeconds: 0.001, tasks: 1 }], worker, { drainSeconds: 60 }), 1);
    assert.equal(neededWorkers([], worker, { drainSeconds: 60 }), 0);
  });

  it("is not more than there are tasks that could run", () => {
    assert.equal(neededWorkers([{ coreSeconds: 6_000, tasks: 3 }], worker, { drainSeconds: 60 }), 3);
  });

  it("is not more than a plan lets its jobs use", () => {
    const included = { coreSeconds: 6_000, tasks: 1_000, cores: 2 };
    assert.equal(neededWorkers([included], worker, { drainSeconds: 60 }), 2);
    assert.equal(
      neededWorkers([included, { coreSeconds: 60, tasks: 9 }], worker, { drainSeconds: 60 }),
      3,
      "what is paid for comes on top",
    );
  });
});
