import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instanceEngineConformance } from "#apps/conformance/instance-engine.ts";
import { actor } from "#apps/conformance/actor.ts";
import { openProcessEngine } from "#apps/engines/process/open-process-engine.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { shimProgram } from "#main/shim-program.ts";
import { freePort } from "#test/support/free-port.ts";
import { waitFor } from "#test/support/wait-for.ts";

instanceEngineConformance("sandboxed processes", async (limits) => {
  const dataDirectory = await mkdtemp(join(tmpdir(), "vdc-engine-"));
  const open = async () =>
    await openProcessEngine({
      dataDirectory,
      shim: shimProgram(),
      clock: systemClock,
      log: silentLog,
      limits,
    });
  const engine = await open();
  return {
    engine,
    open,
    command: actor,
    runtime: { name: "node", range: ">=20" },
    freePort,
    waitFor,
    [Symbol.asyncDispose]: async () => {
      for (const { id } of await engine.list()) await engine.stop(id, { graceMs: 0 });
      await engine[Symbol.asyncDispose]();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
});
