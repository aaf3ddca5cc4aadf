import assert from "node:assert/strict";
import { test } from "node:test";
import { crashHistory, runHistory } from "#sim/object-store-history.ts";

const fixedSeed = 1;
const histories = 50;
const randomSeed = Number(process.env["VDC_SIM_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

async function historiesFrom(first: number): Promise<void> {
  for (let seed = first; seed < first + histories; seed += 1)
    try {
      await runHistory(seed);
    } catch (error) {
      throw new Error(`node sim/object-store-crash.ts ${seed}`, { cause: error });
    }
}

test("the object store loses, changes and brings back nothing in histories of crashes and ill drives that are always the same", async () => {
  await historiesFrom(fixedSeed);
});

test("the object store loses, changes and brings back nothing in histories that nobody has seen", async (context) => {
  context.diagnostic(`VDC_SIM_SEED=${randomSeed}`);
  await historiesFrom(randomSeed);
});

test("a crash at operations all over a short history of three drives loses nothing that was acknowledged", async () => {
  const { operations } = await crashHistory(3, Infinity);
  assert.ok(operations > 100, `${operations} operations`);
  for (let crashAt = 1 + (randomSeed % 31); crashAt <= operations; crashAt += 31)
    await crashHistory(3, crashAt);
});

test("a frame whose sync failed and that a start took over after a kill survives a power cut", async () => {
  // Found by chance: the only drive fails to sync, the catalog is killed, the next one finds the frame in the page cache, then the power goes.
  await runHistory(1860);
});
