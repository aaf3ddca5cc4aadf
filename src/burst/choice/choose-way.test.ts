import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { simulate } from "#test/support/ways-simulator.ts";
import { chooseWay, type ChoiceInput } from "./choose-way.ts";

const mebibyte = 1024 ** 2;
const megabit = 1_000_000 / 8;
const links = [5, 20, 100, 1_000].map((mbit) => ({
  uplink: mbit * megabit,
  downlink: Math.max(50, mbit) * megabit,
}));

/** Seven frames of 24 megapixels in tiles, as burst.md has them: 16 s of one core, 70 MB of JPEG. */
const merge: ChoiceInput["job"] = {
  tasks: 168,
  cost: 16_800,
  tail: 200,
  inputBytes: 70 * mebibyte,
  localOnlyBytes: 70 * mebibyte,
  remoteOnlyBytes: 0,
  readBytes: 70 * mebibyte,
  madeBytes: 12 * mebibyte,
  resultBytes: 12 * mebibyte,
};
const base: ChoiceInput = {
  job: merge,
  local: { cores: 2, speed: 1, pressure: 0 },
  remote: { slots: 20, speed: 1, startSeconds: 1, queued: 0, price: 0n },
  link: { uplink: 20 * megabit, downlink: 50 * megabit },
  wishes: { consent: 10n ** 12n, quiet: false },
};
const warm = { ...merge, localOnlyBytes: 0 };

describe("the choice of a way", () => {
  it("is within 15 % of the best of three simulated executions, for every uplink, cold and warm", () => {
    const inputs = fc.record({
      tasks: fc.integer({ min: 24, max: 400 }),
      msPerTask: fc.integer({ min: 20, max: 400 }),
      kibPerTask: fc.integer({ min: 20, max: 1_500 }),
      resultPart: fc.double({ min: 0.02, max: 0.6, noNaN: true }),
      tail: fc.double({ min: 0, max: 0.05, noNaN: true }),
      where: fc.constantFrom("cold", "warm", "album", "half"),
      cores: fc.integer({ min: 1, max: 8 }),
      speed: fc.double({ min: 0.4, max: 2, noNaN: true }),
      pressure: fc.constantFrom(0, 0, 0.3, 0.6),
      slots: fc.integer({ min: 0, max: 32 }),
      remoteSpeed: fc.double({ min: 0.4, max: 2, noNaN: true }),
      startSeconds: fc.constantFrom(0.2, 1, 3),
      queued: fc.constantFrom(0, 0, 20_000),
      link: fc.constantFrom(...links),
      seed: fc.integer({ min: 1, max: 1_000 }),
    });
    const property = fc.property(inputs, (made) => {
      const cost = made.tasks * made.msPerTask * (1 + made.tail);
      const inputBytes = made.tasks * made.kibPerTask * 1024;
      const isOnly = { cold: [1, 0], warm: [0, 0], album: [0, 1], half: [0.5, 0] }[made.where] ?? [0, 0];
      const input: ChoiceInput = {
        job: {
          tasks: made.tasks,
          cost,
          tail: made.msPerTask * made.tail * made.tasks,
          inputBytes,
          localOnlyBytes: inputBytes * (isOnly[0] ?? 0),
          remoteOnlyBytes: inputBytes * (isOnly[1] ?? 0),
          readBytes: inputBytes,
          madeBytes: inputBytes * made.resultPart,
          resultBytes: inputBytes * made.resultPart,
        },
        local: { cores: made.cores, speed: made.speed, pressure: made.pressure },
        remote: { ...made, speed: made.remoteSpeed, price: 0n },
        link: made.link,
        wishes: base.wishes,
      };
      const simulated = simulate(input, (tile) => 0.85 + (((tile * 7_919 + made.seed) % 31) / 30) * 0.3);
      const { chosen } = chooseWay(input);
      const best = Math.min(simulated.local, simulated.remote, simulated.hybrid);
      // A quarter of a second is what a start or one tile more or less makes.
      assert.ok(
        simulated[chosen] <= best * 1.15 + 0.25,
        `${chosen}: ${JSON.stringify({ simulated, plan: chooseWay(input) }, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))}`,
      );
    });
    fc.assert(property, { numRuns: 500 });
  });

  it("keeps pictures that are only here at 5 Mbit/s, and sends the work where they lie when they are in the store", () => {
    const cold = chooseWay({ ...base, link: { uplink: 5 * megabit, downlink: 50 * megabit } });
    assert.notEqual(cold.chosen, "remote");
    assert.ok(cold.remote.seconds > 100);
    const stored = chooseWay({ ...base, job: warm });
    assert.notEqual(stored.chosen, "local");
    assert.ok(stored[stored.chosen].seconds < stored.local.seconds / 2);
  });

  it("opens no burst that costs money for less than five seconds or a tenth, and none above the consent", () => {
    const paid = { ...base, job: warm, remote: { ...base.remote, price: 1_000n } };
    assert.notEqual(chooseWay({ ...paid, local: { cores: 1, speed: 1, pressure: 0 } }).chosen, "local");
    const short = { ...warm, cost: 4_000, tail: 50, madeBytes: mebibyte, resultBytes: mebibyte };
    assert.equal(chooseWay({ ...paid, job: short }).chosen, "local");
    assert.notEqual(
      chooseWay({ ...paid, job: short, remote: { ...paid.remote, price: 0n } }).chosen,
      "local",
    );
    const refused = chooseWay({ ...paid, wishes: { consent: 0n, quiet: false } });
    assert.equal(refused.chosen, "local");
    assert.match(refused.reason, /costs more than you allowed/);
  });

  it("sends nothing at 5 Mbit/s for the sake of a hybrid, whose inputs must all be sent", () => {
    const slow = chooseWay({ ...base, link: { uplink: 5 * megabit, downlink: 50 * megabit } });
    assert.equal(slow.chosen, "local");
    assert.ok(slow.hybrid.seconds > 100);
  });

  it("keeps this machine out of a job whose outputs would leave it too slowly", () => {
    const job = { ...warm, madeBytes: 700 * mebibyte };
    const { chosen, hybrid, remote } = chooseWay({
      ...base,
      job,
      local: { cores: 8, speed: 1, pressure: 0 },
    });
    assert.equal(chosen, "local");
    assert.ok(hybrid.seconds > remote.seconds * 2);
  });

  it("runs here when no worker is there, and elsewhere when the machine is to be quiet", () => {
    const alone = chooseWay({ ...base, remote: { ...base.remote, slots: 0 } });
    assert.deepEqual([alone.chosen, alone.remote.seconds], ["local", Infinity]);
    assert.equal(chooseWay({ ...base, job: warm, wishes: { ...base.wishes, quiet: true } }).chosen, "remote");
  });

  it("costs in a hybrid what the workers' share costs", () => {
    const { hybrid } = chooseWay({ ...base, job: warm, remote: { ...base.remote, price: 1_000_000n } });
    assert.ok(hybrid.localShare > 0 && hybrid.localShare < 1);
    assert.equal(Number(hybrid.price), Math.round((1 - hybrid.localShare) * 1_000_000));
  });
});
