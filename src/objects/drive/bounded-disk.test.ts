import assert from "node:assert/strict";
import { test } from "node:test";
import { boundDisk } from "#objects/drive/bounded-disk.ts";
import { ManualClock } from "#sim/clock.ts";
import { SimulatedDisk } from "#sim/disk.ts";
import { SeededRandom } from "#sim/random.ts";

async function rig() {
  const clock = new ManualClock();
  const under = new SimulatedDisk({ clock, random: new SeededRandom(1) });
  const disk = boundDisk(under, { clock, limits: { inFlightMax: 2, waitingMax: 3, deadlineMs: 1000 } });
  const file = await disk.create("file");
  await file.write(Buffer.from("abcdefgh"), 0);
  await file.sync();
  return { clock, under, disk, file };
}

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => "ok",
    (error: unknown) => (error as { code?: string }).code, // every error of a disk has a code
  );

test("a drive that stalls fails its calls in time, keeps its slots and serves again afterwards", async () => {
  const { clock, disk, file } = await rig();
  disk.setDrill("stall");
  const calls = [1, 2, 3, 4, 5].map(() => code(file.size()));
  assert.equal(await code(file.size()), "EBUSY");
  await clock.advance(999);
  assert.equal(disk.health().oldestMs, 999);
  await clock.advance(2);
  assert.deepEqual(
    await Promise.all(calls),
    Array.from({ length: 5 }, () => "ETIMEDOUT"),
  );
  assert.deepEqual(
    [disk.health().inFlight, disk.health().waiting, disk.health().late, disk.health().refused],
    [2, 0, 5, 1],
  );
  const waits = code(file.size());
  await clock.advance(100);
  disk.setDrill(undefined);
  assert.equal(await waits, "ok");
  assert.equal(disk.health().inFlight, 0);
  assert.equal(disk.health().errorsInARow, 0);
});

test("a file that opens after its call was given up is closed", async () => {
  const { clock, under, disk } = await rig();
  const openBefore = under.openFiles;
  disk.setDrill("stall");
  const late = code(disk.open("file", "read"));
  await clock.advance(1001);
  assert.equal(await late, "ETIMEDOUT");
  disk.setDrill(undefined);
  await clock.advance(1);
  assert.equal(under.openFiles, openBefore);
});

test("each drill shows the error that the real fault shows", async () => {
  const { clock, disk, file } = await rig();
  const into = Buffer.alloc(8);
  disk.setDrill("error");
  assert.equal(await code(file.read(into, 0)), "EIO");
  disk.setDrill("read-only");
  assert.equal(await code(file.write(into, 0)), "EROFS");
  assert.equal(await code(disk.unlink("file")), "EROFS");
  assert.equal(await code(file.read(into, 0)), "ok");
  disk.setDrill("full");
  const { errors } = disk.health();
  assert.equal(await code(disk.create("more")), "ENOSPC");
  assert.equal(disk.health().errors, errors, "a full drive is no sick drive");
  assert.equal((await disk.space()).freeBytes, 0);
  disk.setDrill("missing");
  assert.equal(await code(disk.open("file", "read")), "ENOENT");
  disk.setDrill("corrupt");
  await file.read(into, 0);
  assert.notEqual(into.toString(), "abcdefgh");
  disk.setDrill("slow");
  const slow = code(file.read(into, 0));
  await clock.advance(200);
  assert.equal(await slow, "ok");
  disk.setDrill(undefined);
  await file.read(into, 0);
  assert.equal(into.toString(), "abcdefgh");
  assert.ok(disk.health().errors >= 3);
});
