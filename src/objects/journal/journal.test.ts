import assert from "node:assert/strict";
import { test } from "node:test";
import { driveFolders } from "#objects/drive/paths.ts";
import type { JournalError } from "#objects/journal/journal-error.ts";
import type { ReplicatedJournal } from "#objects/journal/journal.ts";
import { SimulatedDisk } from "#sim/disk.ts";
import { JournalWorld } from "#sim/journal-world.ts";

const put = (key: string, blob = "") => ({
  type: "put" as const,
  key: Buffer.from(key),
  value: Buffer.from(`value of ${key}`),
  ...(blob === "" ? {} : { blob: Buffer.from(blob) }),
});

async function newWorld(driveCount: number) {
  const world = new JournalWorld(1, driveCount);
  world.powerOn({ crashAt: Infinity });
  return { world, journal: await open(world) };
}

async function open(world: JournalWorld, missing: readonly number[] = [], forgotten: readonly number[] = []) {
  const journal = await world.open(missing, forgotten);
  assert.ok(journal !== undefined);
  return journal;
}

/** The power goes and comes back; all disks work. */
function restart(world: JournalWorld): void {
  world.powerOff("crash");
  world.powerOn({ crashAt: Infinity });
}

async function keysOf(world: JournalWorld, journal: ReplicatedJournal, after = 0): Promise<string[]> {
  const keys: string[] = [];
  const read = async () => {
    for await (const { mutations } of journal.replay(after))
      for (const { key } of mutations) keys.push(Buffer.from(key).toString());
  };
  await world.settle(read());
  return keys;
}

const errorOf = async (promise: Promise<unknown>): Promise<{ code: string; drives: readonly number[] }> => {
  try {
    await promise;
  } catch (error) {
    const { code, drives } = error as JournalError; // these tests meet no other error
    return { code, drives };
  }
  return { code: "none", drives: [] };
};

test("changes that wait together share one write and one sync on each copy", async () => {
  const { world, journal } = await newWorld(3);
  const before = world.drives.map((disk) => disk.operations);
  const appends = Array.from({ length: 10 }, (_, index) => journal.append([put(`k${index}`, "blob")]));
  const appended = await world.settle(Promise.all(appends));
  assert.deepEqual(new Set(appended?.map(({ sequence }) => sequence)), new Set([1]));
  const operations = world.drives.map((disk, drive) => disk.operations - (before[drive] ?? 0));
  assert.deepEqual(
    operations.toSorted((a, b) => a - b),
    [0, 2, 2],
  );
});

test("a drive that stalls holds nobody up, and the next segment is on others", async () => {
  const { world, journal } = await newWorld(6);
  const [slow] = journal.segments().at(-1)?.ensemble ?? [];
  const disk = world.drives[slow ?? 0];
  assert.ok(disk !== undefined);
  disk.plan = () => ({ stallMs: 60_000 });
  const before = world.clock.monotonic();
  await world.settle(journal.append([put("a")]));
  assert.ok(world.clock.monotonic() - before < 50, "two copies of three are enough");
  await world.clock.advance(400);
  await world.settle(journal.append([put("b")]));
  const view = journal.segments().at(-1);
  assert.equal(view?.ensemble.length, 3);
  assert.ok(slow !== undefined && !view?.ensemble.includes(slow));
});

test("when the quorum needs a drive that stalls, the segment moves after a moment and the change is kept", async () => {
  const { world, journal } = await newWorld(3);
  const [slow] = journal.segments().at(-1)?.ensemble ?? [];
  const disk = world.drives[slow ?? 0];
  assert.ok(disk !== undefined);
  disk.plan = () => ({ stallMs: 60_000 });
  const before = world.clock.monotonic();
  await world.settle(journal.append([put("a")]));
  assert.ok(world.clock.monotonic() - before < 600);
  restart(world);
  assert.deepEqual(await keysOf(world, await open(world)), ["a"]);
});

test("a start without enough drives says which are missing, and forgetting them is the operator's word", async () => {
  const { world, journal } = await newWorld(3);
  await world.settle(journal.append([put("a")]));
  const [first = 0, second = 0] = journal.segments().at(-1)?.ensemble ?? [];
  const other = [0, 1, 2].find((drive) => drive !== first && drive !== second) ?? 0;
  restart(world);
  const missing = [second, other].toSorted((a, b) => a - b);
  assert.deepEqual(await errorOf(open(world, missing)), { code: "too-few-drives", drives: missing });
  restart(world);
  assert.deepEqual(await keysOf(world, await open(world, missing, missing)), ["a"]);
});

test("drives that missed the newest segment cannot pretend to be the truth", async () => {
  const { world, journal } = await newWorld(4);
  await world.settle(journal.append([put("old")]));
  await world.settle(journal.close());
  restart(world);
  const later = await open(world, [2, 3]);
  await world.settle(later.append([put("new")]));
  restart(world);
  assert.deepEqual(await errorOf(open(world, [0, 1])), { code: "stale-drives", drives: [0, 1] });
  restart(world);
  assert.deepEqual(await keysOf(world, await open(world)), ["old", "new"]);
});

test("after a clean end one copy of three is enough, after a crash it could hide something", async () => {
  const { world, journal } = await newWorld(6);
  await world.settle(journal.append([put("a")]));
  const twoOf = (of: ReplicatedJournal) =>
    of
      .segments()
      .at(-1)
      ?.ensemble.slice(0, 2)
      .toSorted((a, b) => a - b) ?? [];
  const crashed = twoOf(journal);
  restart(world);
  assert.deepEqual(await errorOf(open(world, crashed)), { code: "too-few-drives", drives: crashed });
  restart(world);
  const again = await open(world);
  await world.settle(again.append([put("b")]));
  const closed = twoOf(again);
  await world.settle(again.close());
  restart(world);
  assert.deepEqual(await keysOf(world, await open(world, closed)), ["a", "b"]);
});

test("damage in the middle of every copy of the newest segment is told, not cut off", async () => {
  const { world, journal } = await newWorld(3);
  for (const key of ["a", "b", "c"]) await world.settle(journal.append([put(key)]));
  restart(world);
  for (const disk of world.drives)
    for (const name of await disk.list("journal").catch(() => [])) disk.rot(`journal/${name}`, 4096 + 45);
  assert.equal((await errorOf(open(world))).code, "damaged");
});

test("a damaged copy of a sealed segment is found, made anew and read around meanwhile", async () => {
  const { world, journal } = await newWorld(3);
  const appended = await world.settle(journal.append([put("a", "the bytes")]));
  restart(world);
  const again = await open(world);
  const [view] = again.segments();
  const victim = view?.whole[0] ?? 0;
  world.drives[victim]?.rot("journal/0000000001.segment", 4096 + 60);
  assert.deepEqual(
    (await world.settle(again.verifySegment(1)))?.find(({ drive }) => drive === victim)?.state,
    "damaged",
  );
  const change = appended?.mutations[0];
  assert.ok(change?.type === "put" && change.place !== undefined);
  const bytes = await world.settle(again.readBlob(change.place));
  assert.equal(Buffer.from(bytes ?? []).toString(), "the bytes");
  const repaired = await world.settle(again.repairCopies());
  assert.deepEqual([repaired?.doneSegments, repaired?.short], [1, []]);
  assert.equal(again.segments()[0]?.whole.length, 2);
});

test("the oldest segment can be retired, and its files are gone after the next one says so", async () => {
  const { world, journal } = await newWorld(3);
  for (let index = 0; index < 8; index += 1)
    await world.settle(journal.append([put(`k${index}`, "x".repeat(3000))]));
  const [oldest, second] = journal.segments();
  assert.ok(oldest !== undefined && second !== undefined);
  await world.settle(journal.retire(oldest.number));
  restart(world);
  for (const disk of world.drives)
    await assert.rejects(disk.stat("journal/0000000001.segment"), { code: "ENOENT" });
  const again = await open(world);
  assert.equal(again.segments()[0]?.number, second.number);
  assert.equal((await keysOf(world, again))[0], `k${second.firstSequence - 1}`);
});

test("a change that no drive takes is refused in time, and so is all after it until the journal is opened anew", async () => {
  const { world, journal } = await newWorld(3);
  for (const disk of world.drives)
    disk.plan = ({ type }) => (type === "write" || type === "create" ? { error: "EIO" } : undefined);
  assert.equal((await errorOf(world.settle(journal.append([put("a")])))).code, "broken");
  assert.equal((await errorOf(journal.append([put("b")]))).code, "broken");
  restart(world);
  const again = await open(world);
  await world.settle(again.append([put("c")]));
  assert.ok((await keysOf(world, again)).includes("c"));
});

test("a row keeps bytes that lie in the journal already, also after a restart", async () => {
  const { world, journal } = await newWorld(3);
  const part = (await world.settle(journal.append([put("part", "bytes of the part")])))?.mutations[0];
  assert.ok(part?.type === "put" && part.place !== undefined);
  await world.settle(
    journal.append([
      { type: "remove", key: Buffer.from("part") },
      { ...put("object"), keep: part.place },
    ]),
  );
  restart(world);
  const again = await open(world);
  const places: unknown[] = [];
  const read = async () => {
    for await (const { mutations } of again.replay(1))
      for (const change of mutations) if (change.type === "put") places.push(change.place);
  };
  await world.settle(read());
  assert.deepEqual(places, [part.place]);
  const bytes = await world.settle(again.readBlob(part.place));
  assert.equal(Buffer.from(bytes ?? []).toString(), "bytes of the part");
});

test("an empty mount point where a drive should be gets no folder, and the journal begins on others", async () => {
  const { world } = await newWorld(4);
  world.powerOff("crash");
  const empty = new SimulatedDisk({ clock: world.clock, random: world.random });
  world.drives[0] = empty;
  world.powerOn({ crashAt: Infinity });
  const journal = await open(world);
  for (let count = 0; count < 40; count += 1)
    await world.settle(journal.append([put(`key ${count}`, "x".repeat(1000))]));
  assert.ok(journal.segments().length > 3);
  assert.equal((await keysOf(world, journal)).length, 40);
  assert.deepEqual(empty.files(), []);
  for (const folder of driveFolders) assert.equal(empty.has(folder), false, folder);
});
