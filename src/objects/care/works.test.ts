import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VdcError } from "#api/errors.ts";
import { extentFolder, shardDraftPath, shardPath } from "#objects/drive/paths.ts";
import type { VersionRecord } from "#objects/records.ts";
import { CareWorld } from "#test/support/care-world.ts";
import { bodyOf, extentsOf } from "#test/support/data-world.ts";

const dayMs = 24 * 3_600_000;
const extentsIn = (version: VersionRecord) => extentsOf({ ...version, missingShards: [] });
const firstExtent = (version: VersionRecord | undefined) => {
  const [extent] = version === undefined ? [] : extentsIn(version);
  assert(extent !== undefined, "it is large");
  return extent;
};

describe("care of shards", () => {
  it("makes nothing of too few good shards, and keeps them queued", async () => {
    const world = await CareWorld.open(3);
    await world.bucket("pictures");
    const body = bodyOf(700_000);
    const extent = firstExtent(await world.put("pictures", "one", body));
    const [first = 0, second = 0] = extent.drives;
    await world.disks[first]?.unlink(shardPath(extent.id, 0));
    world.disks[second]?.rot(shardPath(extent.id, 1), 10_000);
    assert.match(await world.work("scrub"), /^1 extents read: 2 shards and 0 copies/);
    // Two of three are not good: k = 2 cannot be read, and nothing may be made of what is wrong.
    assert.match(await world.work("repair"), /^0 shards .*2 shards and 0 segments wait/);
  });

  it("repairs what scrub finds, and then nothing waits", async () => {
    const world = await CareWorld.open(4);
    await world.bucket("pictures");
    const body = bodyOf(700_000);
    const extent = firstExtent(await world.put("pictures", "one", body));
    const [first = 0, second = 0] = extent.drives;
    await world.disks[first]?.unlink(shardPath(extent.id, 0));
    world.disks[second]?.rot(shardPath(extent.id, 1), 10_000);
    assert.match(await world.work("scrub"), /: 2 shards and 0 copies/);
    assert.match(await world.work("repair"), /^2 shards and 0 segments repaired; nothing waits/);
    assert.match(await world.work("scrub"), /: 0 shards and 0 copies/);
    assert.deepEqual(await world.read("pictures", "one"), body);
    assert.deepEqual(firstExtent(await world.find("pictures", "one")).drives, extent.drives);
    assert.equal(world.counted.get("repairedShards"), 2);
  });

  it("makes a shard anew elsewhere when its drive is gone, and the record names the new place", async () => {
    const world = await CareWorld.open(3);
    await world.bucket("pictures");
    const body = bodyOf(700_000);
    const extent = firstExtent(await world.put("pictures", "one", body));
    world.disks.push(world.newDisk());
    await world.reopen();
    const lost = extent.drives[0] ?? -1;
    world.changes.set(lost, { state: "failed" });
    await world.work("drain", lost);
    const { drives } = firstExtent(await world.find("pictures", "one"));
    assert.deepEqual(drives, extent.drives.with(0, 3));
    assert.deepEqual(await world.read("pictures", "one"), body);
  });

  it("empties a drained drive of shards and of the journal, and keeps refusing an active one", async () => {
    const world = await CareWorld.open(3);
    await world.bucket("pictures");
    for (const key of ["one", "two", "three"]) await world.put("pictures", key, bodyOf(300_000, key.length));
    await world.put("pictures", "small", Buffer.from("small"));
    await assert.rejects(
      world.work("drain", 0),
      (error) => error instanceof VdcError && error.code === "conflict",
    );
    world.changes.set(0, { state: "draining", wanted: "drained" });
    await assert.rejects(world.work("drain", 0), /have no other place/);
    world.disks.push(world.newDisk());
    await world.reopen();
    await world.work("drain", 0);
    for (const key of ["one", "two", "three"])
      assert(
        !firstExtent(await world.find("pictures", key)).drives.includes(0),
        "the drive holds nothing of it",
      );
    assert.deepEqual(
      world.files("extents").filter((file) => file.startsWith("0/")),
      [],
    );
    assert.deepEqual(await world.read("pictures", "three"), bodyOf(300_000, 5));
  });

  it("moves shards to a drive that was added, until drives are level", async () => {
    const world = await CareWorld.open(3);
    await world.bucket("pictures");
    const bodies = new Map<string, Buffer>();
    for (let count = 0; count < 6; count += 1) {
      const body = bodyOf(200_000, count + 1);
      bodies.set(`k${count}`, body);
      await world.put("pictures", `k${count}`, body);
    }
    world.disks.push(world.newDisk());
    await world.reopen();
    for (const drive of [0, 1, 2]) world.changes.set(drive, { totalBytes: 2_000_000, freeBytes: 1_400_000 });
    world.changes.set(3, { totalBytes: 2_000_000, freeBytes: 2_000_000 });
    assert.match(await world.work("rebalance"), /^[2-5] shards moved$/);
    assert(world.files("extents").some((file) => file.startsWith("3/")));
    for (const [key, body] of bodies) assert.deepEqual(await world.read("pictures", key), body);
    assert.match(await world.work("scrub"), /: 0 shards and 0 copies/);
  });
});

describe("garbage", () => {
  it("sets aside what was deleted, and unlinks it at the end of quarantine", async () => {
    const world = await CareWorld.open(3);
    await world.bucket("pictures");
    await world.put("pictures", "gone", bodyOf(300_000));
    await world.put("pictures", "kept", bodyOf(300_000, 2));
    await world.remove("pictures", "gone");
    await world.work("collect-garbage");
    assert.equal(world.files("extents").length, 3);
    assert.equal(world.files("quarantine").length, 3);
    world.clock.pauseFor(7 * dayMs - 60_000);
    assert.match(await world.work("collect-garbage"), /^0 extents removed, 1 in quarantine/);
    world.clock.pauseFor(120_000);
    assert.match(await world.work("collect-garbage"), /^1 extents removed, 0 in quarantine/);
    assert.deepEqual(world.files("quarantine"), []);
    assert.deepEqual(await world.read("pictures", "kept"), bodyOf(300_000, 2));
    assert.match(await world.work("scrub"), /^1 extents read: 0 shards/);
  });

  it("finds shards that nobody knows, and those only when they are old", async () => {
    const world = await CareWorld.open(3);
    await world.bucket("pictures");
    await world.put("pictures", "kept", bodyOf(300_000));
    // The front died between its last sync and the commit.
    await world.storeOnly(bodyOf(300_000, 3));
    assert.match(await world.work("scrub"), /; 0 that nobody knows/);
    world.clock.pauseFor(2 * dayMs);
    assert.match(await world.work("scrub"), /; 1 that nobody knows/);
    await world.work("collect-garbage");
    assert.equal(world.files("extents").length, 3);
    world.clock.pauseFor(8 * dayMs);
    await world.work("collect-garbage");
    assert.deepEqual(world.files("quarantine"), []);
    assert.deepEqual(await world.read("pictures", "kept"), bodyOf(300_000));
  });

  it("collects a shard file that a crash left without its header", async () => {
    const world = await CareWorld.open(3);
    const [disk] = world.disks;
    assert(disk !== undefined, "there is a first drive");
    const id = "0123456789abcdef".repeat(2);
    await disk.makeDirectory(extentFolder(id));
    await (await disk.create(shardPath(id, 2))).close();
    world.clock.pauseFor(2 * dayMs);
    assert.match(await world.work("scrub"), /; 1 that nobody knows/);
    await world.work("collect-garbage");
    world.clock.pauseFor(8 * dayMs);
    await world.work("collect-garbage");
    assert.deepEqual([...world.files("extents"), ...world.files("quarantine")], []);
  });

  it("removes the draft of a repair that was killed, and only when it is old", async () => {
    const world = await CareWorld.open(3);
    const [disk] = world.disks;
    assert(disk !== undefined, "there is a first drive");
    await (await disk.create(shardDraftPath("0123456789abcdef".repeat(2), 1))).close();
    await world.work("scrub");
    assert.equal(world.files("tmp").length, 1);
    world.clock.pauseFor(2 * dayMs);
    await world.work("scrub");
    assert.deepEqual(world.files("tmp"), []);
  });

  it("removes the old place of a shard that was moved, also when the object is deleted meanwhile", async () => {
    const world = await CareWorld.open(4);
    await world.bucket("pictures");
    for (const [at, key] of ["one", "two"].entries()) await world.put("pictures", key, bodyOf(300_000, at));
    world.disks.push(world.newDisk());
    await world.reopen();
    const extent = firstExtent(await world.find("pictures", "one"));
    const away = extent.drives[0] ?? -1;
    world.changes.set(away, { state: "draining", wanted: "drained" });
    await world.work("drain", away);
    assert(world.files("quarantine").length >= 1);
    await world.remove("pictures", "one");
    await world.work("collect-garbage");
    world.clock.pauseFor(8 * dayMs);
    await world.work("collect-garbage");
    // Nobody knows the old place any more: a scrub finds it.
    await world.work("scrub");
    world.clock.pauseFor(8 * dayMs);
    await world.work("collect-garbage");
    assert.deepEqual(world.files("quarantine"), []);
    assert.deepEqual(await world.read("pictures", "two"), bodyOf(300_000, 1));
  });

  it("sets a copy of a shard aside that lies where the record does not say", async () => {
    const world = await CareWorld.open(4);
    await world.bucket("pictures");
    const extent = firstExtent(await world.put("pictures", "one", bodyOf(300_000)));
    world.disks.push(world.newDisk());
    await world.reopen();
    const other = [0, 1, 2, 3, 4].find((drive) => !extent.drives.includes(drive)) ?? -1;
    // A repair that was killed before the record named the new place.
    await world.run(world.care.shards.rebuildShard(extent, 0, other));
    world.clock.pauseFor(2 * dayMs);
    await world.work("scrub");
    assert.deepEqual(world.files("quarantine"), [`${other}/quarantine/${extent.id}.0`]);
    await world.work("collect-garbage");
    world.clock.pauseFor(dayMs);
    await world.work("collect-garbage");
    assert.deepEqual(world.files("quarantine"), []);
    assert.deepEqual(await world.read("pictures", "one"), bodyOf(300_000));
  });
});

describe("cleaning the journal", () => {
  it("gives room, and everything still reads, also from an index that is made anew", async () => {
    const world = await CareWorld.open(3);
    await world.bucket("notes");
    const kept = bodyOf(2_000, 5);
    await world.put("notes", "kept", kept);
    for (let count = 0; count < 60; count += 1) await world.put("notes", "often", bodyOf(4_000, count + 1));
    const sizeOf = () => world.journal.segments().reduce((sum, { bytes }) => sum + bytes, 0);
    const size = sizeOf();
    assert.match(await world.work("clean-journal"), /segments cleaned/);
    assert(sizeOf() < size / 2);
    const check = async () => {
      assert.deepEqual(await world.read("notes", "kept"), kept);
      assert.deepEqual(await world.read("notes", "often"), bodyOf(4_000, 60));
    };
    await check();
    world.loseIndex();
    await world.reopen();
    await check();
  });
});
