import { after, before, describe, it } from "node:test";
import { deployStorm, startStormCenter, type StormCenter } from "#test/support/storm/center.ts";
import { scenes } from "#test/support/storm/scenes.ts";
import { playStorm } from "#test/support/storm/storm.ts";

/** How long the load lasts at least. */
const leastSeconds = Number(process.env["VDC_STORM_SECONDS"] ?? 60);

describe("an app under a storm", () => {
  let storm: StormCenter;
  before(async () => {
    storm = await startStormCenter();
    await deployStorm(storm, 2);
  });
  after(async () => await storm?.[Symbol.asyncDispose]());

  it("loses no request while releases, instances, gateways and parts of the data center come and go", async (context) => {
    const all = [
      scenes.rolling,
      scenes.canary,
      scenes.rollback,
      scenes.crashingRelease,
      scenes.killedInstance,
      scenes.scaling,
      scenes.handover,
      scenes.killedControl,
      scenes.killedPostgres,
      scenes.killedSupervisor,
      scenes.calm,
    ];
    await playStorm(context, storm, { app: "storm", scenes: all, leastSeconds });
  });
});
