import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#sim/clock.ts";
import { SimulatedDisk } from "#sim/disk.ts";
import { SeededRandom } from "#sim/random.ts";

const disk = (seed: number, capacityBytes?: number) =>
  new SimulatedDisk({
    clock: new ManualClock(),
    random: new SeededRandom(seed),
    ...(capacityBytes === undefined ? {} : { capacityBytes }),
  });

async function contents(of: SimulatedDisk, path: string): Promise<Buffer | undefined> {
  try {
    const file = await of.open(path, "read");
    const bytes = Buffer.alloc(await file.size());
    await file.read(bytes, 0);
    return bytes;
  } catch {
    return undefined;
  }
}

test("a crash of the simulated disk keeps what was synced and any part of the rest", async () => {
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 200; seed += 1) {
    const before = disk(seed);
    const file = await before.create("a");
    await file.write(Buffer.alloc(1024, 1), 0);
    await file.sync();
    await before.syncDirectory("");
    await file.write(Buffer.alloc(2048, 2), 512);
    const bytes = await contents(before.crash(), "a");
    assert.ok(bytes !== undefined && bytes.length >= 1024);
    assert.ok(bytes.subarray(0, 512).every((byte) => byte === 1));
    outcomes.add([512, 1024, 1536, 2048].map((at) => bytes[at] ?? "-").join(""));
  }
  for (const seen of ["1---", "2222"]) assert.ok(outcomes.has(seen), seen);
  assert.ok(outcomes.size > 8, "torn and reordered writes happen");
});

test("a name of the simulated disk that was not synced is there or not, and a rename is never half done", async () => {
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 100; seed += 1) {
    const before = disk(seed);
    const file = await before.create("new");
    await file.write(Buffer.from("x"), 0);
    await file.sync();
    await before.syncDirectory("");
    await before.rename("new", "final");
    await before.create("other");
    outcomes.add((await before.crash().list("")).toSorted().join(" "));
  }
  assert.deepEqual([...outcomes].toSorted(), ["final", "final other", "new", "new other"]);
});

test("after a failed sync a later sync of the simulated disk saves nothing of what was written before", async () => {
  let lost = 0;
  for (let seed = 0; seed < 50; seed += 1) {
    const before = disk(seed);
    const file = await before.create("a");
    await before.syncDirectory("");
    await file.write(Buffer.from("x"), 0);
    before.plan = ({ type }) => (type === "sync" ? { error: "EIO" } : undefined);
    await assert.rejects(file.sync(), { code: "EIO" });
    before.plan = undefined;
    await file.sync();
    if ((await contents(before.crash(), "a"))?.[0] !== 120) lost += 1;
  }
  assert.ok(lost > 10);
});

test("the simulated disk is full at its size, and what fitted is there", async () => {
  const small = disk(1, 1000);
  const file = await small.create("a");
  await assert.rejects(file.write(Buffer.alloc(1200), 0), { code: "ENOSPC" });
  assert.equal(await file.size(), 1000);
  assert.equal((await small.space()).freeBytes, 0);
});
