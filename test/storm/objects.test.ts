import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import {
  damaged,
  drill,
  handover,
  killedCatalog,
  killedFront,
  removed,
  swapped,
  type Fault,
} from "#test/support/storm/objects/faults.ts";
import { startObjectLoad, type ObjectLoad } from "#test/support/storm/objects/load.ts";
import { play } from "#test/support/storm/objects/play.ts";
import {
  startStoreCenter,
  stormBucket,
  untilWhole,
  type StoreCenter,
} from "#test/support/storm/objects/store-center.ts";

/** The promise is fifty; CI has less time. */
const kills = Number(process.env["VDC_CATALOG_KILLS"] ?? 50);

/** Every fault of issue "Objects", live: six drives, mixed load through HTTP, clients that try nothing again. */
describe("the object store under a storm", () => {
  let center: StoreCenter;
  let load: ObjectLoad;
  before(async () => {
    center = await startStoreCenter();
    const { port, credentials } = center;
    load = startObjectLoad({ port, credentials, bucket: stormBucket, clients: 8 });
  });
  after(async () => {
    await load?.stop();
    await center?.[Symbol.asyncDispose]();
  });

  const scene = (fault: Fault) => async (context: TestContext) => {
    const say = (line: string) => context.diagnostic(line);
    await play(fault, { center, load, say, healthyMs: 5_000, untilClear: true });
  };
  it("serves while a drive is missing", scene(drill("missing", 0, 10_000)));
  it("serves while a drive is full", scene(drill("full", 1, 10_000)));
  it("serves while a drive lies", scene(drill("corrupt", 2, 10_000)));
  it("serves while a drive stalls for half a minute", scene(drill("stall", 3, 30_000)));
  it("serves while a drive takes no writes", scene(drill("read-only", 4, 10_000)));
  it("serves while a drive fails every call", scene(drill("error", 5, 10_000)));
  it("serves while a drive is away", scene(removed(0, 10_000)));
  it("serves while two drives are swapped", scene(swapped(1, 2, 10_000)));
  it("serves while the shards of a drive are damaged behind its back", scene(damaged(3, 10_000)));
  it("serves while fronts hand over", scene(handover));
  it("serves others when a front is killed, and shows nothing half-written", scene(killedFront("objects-1")));
  it("serves while the catalog is killed again and again", scene(killedCatalog(kills)));
  it("is whole afterwards, and holds all that it acknowledged", async () => {
    await untilWhole(center, 120_000);
    const known = load.tally.failures.length;
    await load.check();
    assert.deepEqual(load.tally.failures.slice(known), []);
  });
});
