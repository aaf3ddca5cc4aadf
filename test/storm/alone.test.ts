import { after, before, describe, it } from "node:test";
import { deployStorm, startStormCenter, type StormCenter } from "#test/support/storm/center.ts";
import { scenes } from "#test/support/storm/scenes.ts";
import { playStorm } from "#test/support/storm/storm.ts";

describe("a data center that has lost its supervisor, its control and its PostgreSQL", () => {
  let storm: StormCenter;
  before(async () => {
    storm = await startStormCenter();
    await deployStorm(storm, 1);
  });
  after(async () => await storm?.[Symbol.asyncDispose]());

  it("serves on, replaces its gateways, starts a killed instance again, and is taken up where it was", async (context) => {
    const all = [scenes.alone, scenes.rolling];
    await playStorm(context, storm, { app: "storm", scenes: all, leastSeconds: 0 });
  });
});
