import assert from "node:assert/strict";
import { test } from "node:test";
import { RateMeasure } from "./rate-measure.ts";

const size = 1_000_000;

/** Transfers of a megabyte whose begin and end the test says. */
function line() {
  let now = 0;
  const measure = new RateMeasure({ monotonic: () => now });
  return {
    measure,
    at: (ms: number) => void (now = ms),
    begin: () => {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const done = measure.during(
        async () => await promise,
        (bytes) => bytes,
      );
      return {
        end: async (bytes = size) => {
          resolve(bytes);
          await done;
        },
        fail: async () => {
          reject(new Error("it broke"));
          await assert.rejects(done, /it broke/);
        },
      };
    },
  };
}

test("transfers that share a line are measured together", async () => {
  const { measure, at, begin } = line();
  assert.equal(measure.rate, undefined);
  const four = [begin(), begin(), begin(), begin()];
  at(1_000);
  for (const one of four) await one.end();
  assert.equal(measure.rate, 4 * size);
});

test("the rate of a line follows what was seen last, and time without a transfer says nothing of it", async () => {
  const { measure, at, begin } = line();
  const first = begin();
  at(1_000);
  await first.end();
  at(60_000);
  const second = begin();
  at(60_500);
  await second.end();
  assert.equal(measure.rate, 1.5 * size);
});

test("short transfers and failed ones say nothing of a line's rate", async () => {
  const { measure, at, begin } = line();
  const short = begin();
  at(10);
  await short.end(1_000);
  const broken = begin();
  at(20);
  await broken.fail();
  assert.equal(measure.rate, undefined);
});

test("a line that never rests is measured nevertheless", async () => {
  const { measure, at, begin } = line();
  const long = begin();
  for (let second = 1; second <= 6; second += 1) {
    const one = begin();
    at(second * 1_000);
    await one.end();
  }
  assert.equal(measure.rate, size);
  await long.fail();
});
