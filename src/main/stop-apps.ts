import { openProcessEngine } from "#apps/engines/process/open-process-engine.ts";
import { systemClock } from "#lib/clock.ts";
import { createLog } from "#lib/log.ts";
import { shimProgram } from "#main/shim-program.ts";

/**
 * Stops every instance that this machine holds, each with its grace; run by the supervisor when the data center goes down for
 * good. They come back with the next `vdc up`, because what is wanted of them has not changed.
 */
const graceMs = 20_000;

const log = createLog({ part: "stop-apps" });
const [dataDirectory] = process.argv.slice(2);
if (dataDirectory === undefined) throw new Error("stop-apps is started by `vdc up`");
await using engine = await openProcessEngine({
  dataDirectory,
  shim: shimProgram(),
  clock: systemClock,
  log,
});
const held = (await engine.list()).filter(({ phase }) => phase !== "stopped" && phase !== "failed");
const results = await Promise.allSettled(held.map(async ({ id }) => await engine.stop(id, { graceMs })));
for (const result of results)
  if (result.status === "rejected") log.error("stop-apps.failed", { error: result.reason });
// The supervisor reads the count from the status: only how many it was, for its last line.
process.send?.({ stopped: results.length });
process.disconnect?.();
