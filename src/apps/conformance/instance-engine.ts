import { after, before, describe } from "node:test";
import { commandConformance } from "./commands.ts";
import { conformanceLimits, type EngineHarness, type OpenHarness } from "./harness.ts";
import { lifeConformance } from "./life.ts";
import { outputConformance } from "./output.ts";
import { restartConformance } from "./restarts.ts";

/** What every engine of instances does, as tests. All of them share one machine, as instances do. */
export function instanceEngineConformance(name: string, open: OpenHarness): void {
  describe(`instances on ${name}`, { concurrency: 4 }, () => {
    let opened: EngineHarness | undefined;
    before(async () => {
      opened = await open(conformanceLimits);
    });
    after(async () => await opened?.[Symbol.asyncDispose]());
    const harness = (): EngineHarness => {
      if (opened === undefined) throw new Error("the engine is open while its tests run");
      return opened;
    };
    lifeConformance(harness);
    restartConformance(harness);
    outputConformance(harness);
    commandConformance(harness);
  });
}
