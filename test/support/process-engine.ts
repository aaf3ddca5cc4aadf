import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InstanceEngine } from "#apps/engine.ts";
import type { EngineHarness } from "#apps/conformance/harness.ts";
import { actor } from "#apps/conformance/actor.ts";
import { openProcessEngine } from "#apps/engines/process/open-process-engine.ts";
import type { RestartLimits } from "#apps/engines/restart-policy.ts";
import type { SandboxFacts } from "#drivers/sandbox/facts.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { shimProgram } from "#main/shim-program.ts";
import { freePort } from "#test/support/free-port.ts";
import { waitFor } from "#test/support/wait-for.ts";

export interface ProcessHarness extends EngineHarness {
  readonly dataDirectory: string;
}

/** The process engine on a data directory of its own; everything in it ends with the harness. */
export async function processHarness(
  options: { readonly limits?: RestartLimits; readonly facts?: SandboxFacts } = {},
): Promise<ProcessHarness> {
  const dataDirectory = await mkdtemp(join(tmpdir(), "vdc-engine-"));
  // Shims that find their code compiled start three times as fast.
  const shim = shimProgram(process.env["NODE_COMPILE_CACHE"] ?? join(tmpdir(), "vdc-test-shims"));
  const open = async (): Promise<InstanceEngine> =>
    await openProcessEngine({ dataDirectory, shim, clock: systemClock, log: silentLog, ...options });
  const engine = await open();
  return {
    dataDirectory,
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
}
