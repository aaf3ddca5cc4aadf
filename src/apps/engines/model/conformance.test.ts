import { instanceEngineConformance } from "#apps/conformance/instance-engine.ts";
import { modelCommand } from "#apps/engines/model/behaviour.ts";
import { ModelMachine, openModelEngine } from "#apps/engines/model/open-model-engine.ts";
import { systemClock } from "#lib/clock.ts";
import { systemRandom } from "#lib/random.ts";
import { waitFor } from "#test/support/wait-for.ts";

instanceEngineConformance("the model in memory", async (limits) => {
  const machine = new ModelMachine();
  let lastPort = 20_000;
  // Timers of the model do not keep the process alive, so the suite's own do.
  const alive = setInterval(() => undefined, 1_000);
  const open = () => openModelEngine(machine, { clock: systemClock, random: systemRandom, limits });
  const engine = open();
  return await Promise.resolve({
    engine,
    open: async () => await Promise.resolve(open()),
    command: modelCommand,
    runtime: { name: "none", range: "*" },
    freePort: async () => await Promise.resolve((lastPort += 1)),
    waitFor,
    [Symbol.asyncDispose]: async () => {
      clearInterval(alive);
      await engine[Symbol.asyncDispose]();
    },
  });
});
