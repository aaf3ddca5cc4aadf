import { after, before, describe, it } from "node:test";
import { deployStorm, startStormCenter, type StormCenter } from "#test/support/storm/center.ts";
import { scenes } from "#test/support/storm/scenes.ts";
import { playStorm } from "#test/support/storm/storm.ts";

/** The short form of `npm run test:storm`. */
describe("an app under load", () => {
  let storm: StormCenter;
  before(async () => {
    storm = await startStormCenter();
    await deployStorm(storm, 1);
  });
  after(async () => await storm?.[Symbol.asyncDispose]());

  it("loses no request to a rollout, a gateway's replacement, a killed instance and a change of its size", async (context) => {
    await playStorm(context, storm, { app: "storm", scenes: [scenes.brief], leastSeconds: 0 });
  });
});
