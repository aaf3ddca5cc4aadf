import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReplicatedJournal } from "#objects/journal/journal.ts";
import type { DiskFault } from "#sim/disk.ts";
import { JournalWorld, type Asked, type Faults } from "#sim/journal-world.ts";
import type { SeededRandom } from "#sim/random.ts";

const histories = Number(process.env["VDC_SIM_HISTORIES"] ?? 25);
const firstSeed = Number(process.env["VDC_SIM_SEED"] ?? 1);

/** Numbers of the batches in the journal, and the rows as an index would have them. */
async function readAll(world: JournalWorld, journal: ReplicatedJournal): Promise<number[] | undefined> {
  const ids: number[] = [];
  const expected = new Map<string, string | undefined>();
  world.places.clear();
  const read = async () => {
    let sequence = 0;
    for await (const frame of journal.replay(0)) {
      sequence += 1;
      assert.equal(frame.sequence, sequence);
      for (const mutation of frame.mutations) {
        const key = Buffer.from(mutation.key).toString();
        if (key === "batch" && mutation.type === "put")
          ids.push(Number(Buffer.from(mutation.value).toString()));
        if (mutation.type === "remove" || mutation.place === undefined) world.places.delete(key);
        else world.placed(key, mutation.value, mutation.place);
        const value = mutation.type === "remove" ? "" : Buffer.from(mutation.value).toString();
        expected.set(key, world.blobs.get(value));
      }
    }
    assert.equal(journal.lastSequence, sequence);
    for (const [key, place] of world.places) {
      const bytes = Buffer.from(await journal.readBlob(place)).toString("base64");
      assert.equal(bytes, expected.get(key), `the bytes of ${key}`);
    }
    return ids;
  };
  return world.settle(read());
}

/** All that was acknowledged, in its order; nothing that is new; what was shown before, as it was shown. */
function check(found: readonly number[], shown: readonly number[], asked: readonly Asked[]): void {
  assert.deepEqual(found.slice(0, shown.length), shown, "what was shown once stays as it was");
  const later = found.slice(shown.length);
  assert.deepEqual(
    later,
    later.toSorted((a, b) => a - b),
    "in the order in which it was asked for",
  );
  const known = new Set(asked.map(({ id }) => id));
  assert.ok(
    later.every((id) => known.has(id)),
    "nothing from nowhere, nothing of an earlier life",
  );
  for (const { id, state } of asked)
    if (state === "acknowledged") assert.ok(found.includes(id), `batch ${id} was acknowledged`);
}

/** Appends for a while, or until the power goes. */
async function work(world: JournalWorld, journal: ReplicatedJournal, steps: number): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (let step = 0; step < steps && !world.isOff; step += 1) {
    for (let count = world.random.below(4); count > 0; count -= 1) asked.push(world.append(journal));
    await world.clock.advance(world.random.below(3));
  }
  assert.equal(world.fault, undefined);
  return asked;
}

/** One drive, the victim, does what it wants. */
function mischief(random: SeededRandom, victim: number): Faults["onOperation"] {
  const kind = random.below(6);
  const from = random.below(60);
  const fault: DiskFault | undefined = [
    { error: "EIO" as const },
    { error: "ENOSPC" as const },
    { error: "EROFS" as const },
    { stallMs: 400 },
    { stallMs: 20_000 },
  ][kind];
  if (fault === undefined) return undefined;
  const lasts = random.chance(0.5) ? Infinity : random.below(8);
  return (drive, { type, index }) => {
    if (drive !== victim || index < from || index > from + lasts) return undefined;
    if (fault.error === "ENOSPC" && !["write", "create"].includes(type)) return undefined;
    if (fault.error === "EROFS" && ["read", "open", "list", "stat", "size"].includes(type)) return undefined;
    return fault;
  };
}

async function rotSome(world: JournalWorld, victim: number): Promise<void> {
  const disk = world.drives[victim];
  if (disk === undefined) return;
  const names = await disk.list("journal").catch(() => []);
  for (const name of names) {
    const { size } = await disk.stat(`journal/${name}`);
    if (size > 0 && world.random.chance(0.5))
      disk.rot(`journal/${name}`, world.random.below(size), world.random.below(8));
  }
}

async function history(seed: number, driveCount: number): Promise<void> {
  const world = new JournalWorld(seed, driveCount);
  const { random } = world;
  let shown: number[] = [];
  let asked: Asked[] = [];
  let victim = random.below(driveCount);
  for (let life = 0; life < 4; life += 1) {
    const isVictimAway = driveCount > 1 && life > 0 && random.chance(0.3);
    const onOperation = driveCount > 1 && !isVictimAway ? mischief(random, victim) : undefined;
    const crashAt = random.chance(0.8) ? 1 + random.below(250) : Infinity;
    world.powerOn({ crashAt, ...(onOperation === undefined ? {} : { onOperation }) });
    // A new store is founded on all of its drives, so nobody is away or ill before it is.
    const journal = await world.open(isVictimAway ? [victim] : []);
    if (journal !== undefined) {
      const found = await readAll(world, journal);
      if (found !== undefined) {
        check(found, shown, asked);
        shown = found;
        asked = await work(world, journal, 25);
      }
    }
    if (random.chance(0.3) && !world.isOff) await world.settle(journal?.close() ?? Promise.resolve());
    world.powerOff(random.chance(0.7) ? "crash" : "kill");
    if (driveCount > 1 && random.chance(0.3)) await rotSome(world, victim);
    // One drive at a time is ill: the next only after all is whole again.
    world.powerOn({ crashAt: Infinity });
    const healthy = await world.open();
    assert.ok(healthy !== undefined);
    const found = await readAll(world, healthy);
    assert.ok(found !== undefined);
    check(found, shown, asked);
    shown = found;
    asked = [];
    // Rot shows when it is looked for: a copy with a good seal is taken for whole until then.
    for (const { number } of healthy.segments()) await world.settle(healthy.verifySegment(number));
    assert.deepEqual((await world.settle(healthy.repairCopies()))?.short, []);
    world.powerOff(random.chance(0.5) ? "crash" : "kill");
    victim = random.below(driveCount);
  }
}

for (const driveCount of [1, 2, 3, 4, 6])
  test(`no acknowledged change of a journal on ${driveCount} drives is lost or altered by crashes and one ill drive`, async () => {
    for (let seed = firstSeed; seed < firstSeed + histories / 5; seed += 1)
      try {
        await history(seed, driveCount);
      } catch (error) {
        throw new Error(`VDC_SIM_SEED=${seed}, ${driveCount} drives`, { cause: error });
      }
  });

test("a crash at every single operation of a journal's life loses nothing that was acknowledged", async () => {
  for (let crashAt = 1; crashAt < 90; crashAt += 1) {
    const world = new JournalWorld(7, 3);
    world.powerOn({ crashAt });
    const journal = await world.open();
    const asked = journal === undefined ? [] : await work(world, journal, 12);
    world.powerOff("crash");
    world.powerOn({ crashAt: Infinity });
    const again = await world.open();
    assert.ok(again !== undefined);
    const found = await readAll(world, again);
    assert.ok(found !== undefined);
    check(found, [], asked);
  }
});
