import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { quarantinedShardPath } from "#objects/data/local-shards.ts";
import { shardPath } from "#objects/drive/paths.ts";
import { CareWorld } from "#test/support/care-world.ts";
import { bodyOf, extentsOf } from "#test/support/data-world.ts";
import { quarantineLeastMs } from "./garbage.ts";

const body = bodyOf(300_000);

/** One object, and the first shard of it. */
async function storedShard() {
  const world = await CareWorld.open(3);
  await world.bucket("pictures");
  const [extent] = extentsOf({ ...(await world.put("pictures", "one", body)), missingShards: [] });
  const number = extent?.drives[0] ?? -1;
  const disk = world.disks[number];
  assert(extent !== undefined && disk !== undefined, "it is large");
  const name = { extentId: extent.id, shard: 0 };
  const place = shardPath(extent.id, 0);
  const aside = quarantinedShardPath(name);
  return { world, disk, place, aside, there: () => [disk.has(place), disk.has(aside)] };
}

describe("what lies in quarantine of an object that lives", () => {
  it("stays for ever when it is the only file of its shard on the drive that the record names", async () => {
    const { world, disk, place, aside, there } = await storedShard();
    // Set aside, and the record names this drive again, for instance after a crash between the two.
    await disk.rename(place, aside);
    for (let count = 0; count < 3; count += 1) {
      await world.work("collect-garbage");
      world.clock.pauseFor(quarantineLeastMs + 1);
    }
    assert.deepEqual(there(), [false, true]);
    assert.deepEqual(await world.read("pictures", "one"), body);
    assert.match(await world.work("scrub"), /^1 extents read: 0 shards/);
  });

  it("goes after the least quarantine once the new file of the shard is there, and not before", async () => {
    const { world, disk, place, aside, there } = await storedShard();
    await disk.rename(place, aside);
    await (await disk.create(place)).close();
    await world.work("collect-garbage");
    world.clock.pauseFor(quarantineLeastMs - 60_000); // works take some time of their own
    await world.work("collect-garbage");
    assert.deepEqual(there(), [true, true]);
    world.clock.pauseFor(60_000);
    await world.work("collect-garbage");
    assert.deepEqual(there(), [true, false]);
  });

  it("is counted anew when the new file was gone in between", async () => {
    const { world, disk, place, aside, there } = await storedShard();
    await disk.rename(place, aside);
    await (await disk.create(place)).close();
    await world.work("collect-garbage");
    await disk.unlink(place);
    world.clock.pauseFor(quarantineLeastMs);
    await world.work("collect-garbage");
    await (await disk.create(place)).close();
    await world.work("collect-garbage");
    assert.deepEqual(there(), [true, true]);
    world.clock.pauseFor(quarantineLeastMs);
    await world.work("collect-garbage");
    assert.deepEqual(there(), [true, false]);
  });
});
