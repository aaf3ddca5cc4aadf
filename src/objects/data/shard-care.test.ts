import assert from "node:assert/strict";
import { test } from "node:test";
import type { Readable } from "#objects/data-path.ts";
import type { ExtentRef } from "#objects/records.ts";
import { bodyOf, DataWorld, extentsOf, smallSizes } from "#test/support/data-world.ts";

test("each shard can be made anew on another drive, is then good, and can stand for the lost one", async () => {
  const world = new DataWorld(7, 1, smallSizes);
  const body = bodyOf(1_100_000);
  const stored = await world.store(body);
  const [extent] = extentsOf(stored);
  assert.ok(extent);
  const spare = world.disks.findIndex((_, drive) => !extent.drives.includes(drive));
  for (const shard of extent.drives.keys()) {
    await world.run(world.care.rebuildShard(extent, shard, spare));
    const moved: ExtentRef = {
      ...extent,
      drives: extent.drives.map((drive, at) => (at === shard ? spare : drive)),
    };
    assert.equal(await world.run(world.care.verifyShard(moved, shard)), "good");
    for (const other of extent.drives.keys())
      if (other !== shard && other < 2) world.states[extent.drives[other] ?? 0] = "missing";
    const what: Readable = { size: extent.size, data: { at: "extents", extents: [moved] } };
    assert.ok(body.subarray(0, extent.size).equals(await world.read(what, 0, extent.size)));
    world.states.fill("ok");
  }
  assert.ok(world.isAtRest);
});

test("a scrub tells a damaged shard from a missing one, and from a drive that does not answer", async () => {
  const world = new DataWorld(3, 2, smallSizes);
  const stored = await world.store(bodyOf(400_000));
  const [extent] = extentsOf(stored);
  assert.ok(extent);
  const pathOf = (shard: number) => `extents/${extent.id.slice(0, 2)}/${extent.id}.${shard}`;
  const disk = (shard: number) => world.disks[extent.drives[shard] ?? 0];
  assert.equal(await world.run(world.care.verifyShard(extent, 0)), "good");
  for (const at of [100, 4096 + 64 + 10, 4096 + 64 + 70_000 + 3]) {
    disk(0)?.rot(pathOf(0), at, 5);
    assert.equal(await world.run(world.care.verifyShard(extent, 0)), "damaged", `byte ${at}`);
    disk(0)?.rot(pathOf(0), at, 5);
  }
  await disk(1)?.unlink(pathOf(1));
  assert.equal(await world.run(world.care.verifyShard(extent, 1)), "missing");
  world.plan(extent.drives[2] ?? 0, () => ({ error: "EIO" }));
  await assert.rejects(world.run(world.care.verifyShard(extent, 2)), { code: "EIO" });
  await world.run(world.care.rebuildShard(extent, 0, extent.drives[0] ?? 0)).then(
    () => assert.fail("one of three shards cannot make another"),
    (error: unknown) => assert.match(String(error), /fewer than k/),
  );
});

test("a damaged shard is replaced in its place, with the description that the others have", async () => {
  const world = new DataWorld(3, 3, smallSizes);
  const stored = await world.store(bodyOf(400_000));
  const [extent] = extentsOf(stored);
  assert.ok(extent);
  const drive = extent.drives[1] ?? 0;
  world.disks[drive]?.rot(`extents/${extent.id.slice(0, 2)}/${extent.id}.1`, 70_000, 1);
  await world.run(world.care.rebuildShard(extent, 1, drive));
  assert.equal(await world.run(world.care.verifyShard(extent, 1)), "good");
  const told = await world.run(world.care.describeShard(extent.id, 1, drive));
  assert.deepEqual(told?.description?.record, { key: "k" });
  assert.deepEqual(told.description.extent, { size: 400_000, drives: extent.drives });
});

test("a crash at any moment of making a shard anew in its place leaves the old one or the new one, whole", async () => {
  const left = { before: 0, after: 0 };
  for (let crashAt = 1; left.after === 0; crashAt += 1) {
    assert.ok(crashAt < 100, "it ends");
    const world = new DataWorld(3, crashAt, smallSizes);
    const stored = await world.store(bodyOf(400_000));
    const [extent] = extentsOf(stored);
    assert.ok(extent);
    const drive = extent.drives[1] ?? 0;
    const path = `extents/${extent.id.slice(0, 2)}/${extent.id}.1`;
    let operations = 0;
    const crashed = Promise.withResolvers<"crashed">();
    world.plan(drive, () => {
      operations += 1;
      if (operations === crashAt) {
        world.crash();
        crashed.resolve("crashed");
      }
      return undefined;
    });
    const rebuilt = world.care.rebuildShard(extent, 1, drive).then(() => "rebuilt" as const);
    const end = await world.run(Promise.race([rebuilt, crashed.promise]));
    world.plan(drive, undefined);
    assert.ok(world.disks[drive]?.has(path), `nothing is left after a crash at operation ${crashAt}`);
    assert.equal(await world.run(world.care.verifyShard(extent, 1)), "good", `operation ${crashAt}`);
    left[end === "crashed" ? "before" : "after"] += 1;
  }
  assert.ok(left.before >= 6);
});
