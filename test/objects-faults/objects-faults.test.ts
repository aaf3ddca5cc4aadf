import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import { drill, handover, killedCatalog, removed, type Fault } from "#test/support/storm/objects/faults.ts";
import { startObjectLoad, type ObjectLoad } from "#test/support/storm/objects/load.ts";
import { play } from "#test/support/storm/objects/play.ts";
import { startStoreCenter, stormBucket, type StoreCenter } from "#test/support/storm/objects/store-center.ts";

/** The short form of the storm of objects (test/storm/objects.test.ts). */
describe("the object store under load", () => {
  let center: StoreCenter;
  let load: ObjectLoad;
  before(async () => {
    center = await startStoreCenter();
    const { port, credentials } = center;
    load = startObjectLoad({ port, credentials, bucket: stormBucket, clients: 4 });
  });
  after(async () => {
    await load?.stop();
    await center?.[Symbol.asyncDispose]();
  });

  const scene = (fault: Fault) => async (context: TestContext) => {
    const say = (line: string) => context.diagnostic(line);
    await play(fault, { center, load, say, healthyMs: 700, untilClear: false });
  };
  it("serves while the catalog is killed again and again", scene(killedCatalog(5)));
  it("serves while fronts hand over", scene(handover));
  it("serves while a drive is full, and says so", scene(drill("full", 0, 2_000)));
  it("serves while a drive is away, and says so", scene(removed(2, 2_000)));
  // The last one: the drive is not trusted again before 15 s have passed.
  it("serves while a drive stalls, and says so", scene(drill("stall", 3, 10_000)));
  it("met no failure between these", () => assert.deepEqual(load.tally.failures, []));
});
