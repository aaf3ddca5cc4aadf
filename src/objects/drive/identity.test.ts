import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeIdentity, readIdentity, writeIdentity } from "#objects/drive/identity.ts";
import { storeLayout } from "#objects/drive/layout.ts";
import { decodeWitness, encodeWitness } from "#objects/drive/witness.ts";
import { ManualClock } from "#sim/clock.ts";
import { SimulatedDisk } from "#sim/disk.ts";
import { SeededRandom } from "#sim/random.ts";

const identity = { storeId: "store", driveId: "drive-a", number: 3 };
const newDisk = (seed = 1) => new SimulatedDisk({ clock: new ManualClock(), random: new SeededRandom(seed) });

test("a drive's identity is read back, and a swapped, foreign or empty mount is told apart", async () => {
  const disk = newDisk();
  assert.equal(judgeIdentity(await readIdentity(disk), identity).state, "missing");
  await writeIdentity(disk, identity);
  const found = await readIdentity(disk);
  assert.deepEqual(found, identity);
  assert.equal(judgeIdentity(found, identity).state, "ok");
  for (const other of [{ storeId: "x" }, { driveId: "drive-b" }, { number: 4 }])
    assert.equal(judgeIdentity(found, { ...identity, ...other }).state, "wrong");
});

test("any flipped bit in a drive's identity file is noticed", async () => {
  const size = (await written()).size;
  for (let at = 0; at < size; at += 1) {
    const { disk } = await written();
    disk.rot("vdc-drive.json", at, at % 8);
    const found = await readIdentity(disk);
    // White space between the members may change: what it says may not.
    if (found !== "unreadable") assert.deepEqual(found, identity);
  }
});

async function written() {
  const disk = newDisk();
  await writeIdentity(disk, identity);
  return { disk, size: (await disk.stat("vdc-drive.json")).size };
}

test("a crash while a drive's identity is replaced leaves the old one or the new one", async () => {
  for (let crashAt = 1; crashAt < 12; crashAt += 1) {
    const first = newDisk(crashAt);
    await writeIdentity(first, identity);
    let next: SimulatedDisk | undefined;
    const end = Promise.withResolvers<void>();
    first.plan = () => {
      if (next === undefined && first.operations >= 10 + crashAt) {
        next = first.crash();
        end.resolve();
      }
      return undefined;
    };
    await Promise.race([writeIdentity(first, { ...identity, driveId: "drive-b" }), end.promise]);
    const found = await readIdentity(next ?? first.crash());
    assert.ok(typeof found === "object" && ["drive-a", "drive-b"].includes(found.driveId));
  }
});

test("the witness is read back and a damaged one is none", () => {
  const witness = {
    storeId: "s",
    segment: 7,
    incarnation: "00112233aabbccdd",
    sequence: 99,
    drives: [0, 1, 4],
  };
  const bytes = encodeWitness(witness);
  assert.deepEqual(decodeWitness(bytes), witness);
  assert.equal(decodeWitness(bytes.subarray(0, -4)), undefined);
  assert.equal(decodeWitness(Buffer.from(bytes.toString().replace("99", "98"))), undefined);
});

test("the layout of a store follows the number of its drives", () => {
  const rows = [1, 2, 3, 4, 5, 6, 60].map((count) => storeLayout(count));
  assert.deepEqual(
    rows.map((row) => `${row.k}+${row.m} ${row.copies}/${row.segmentAcks} ${row.shardAcks}`),
    ["1+0 1/1 1", "1+1 2/2 2", "2+1 2/2 3", "2+2 3/2 3", "3+2 3/2 4", "4+2 3/2 5", "4+2 3/2 5"],
  );
});
