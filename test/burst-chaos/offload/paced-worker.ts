// A worker of the data center with slots of the reference core's speed, as many as asked for. Its words: URL, token, name, slots.
import { BurstWorker } from "#burst/worker/burst-worker.ts";
import { measureSpeed } from "#burst/worker/calibration.ts";
import type { TaskRunner } from "#burst/worker/ports.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { openDoor } from "#main/worker/door.ts";
import { sha256 } from "#main/worker/machine.ts";
import { threadRunner } from "#main/worker/thread-runner.ts";
import { paceMs, waitUntil } from "./pace.ts";

const [baseUrl = "", token = "", name = "", slots = "1"] = process.argv.slice(2);
const threads = threadRunner(1);
const runner: TaskRunner = {
  run: async (call, signal) => {
    const end = performance.now() + paceMs(call.fn, call.args);
    const outcome =
      call.fn === "calibrate" ? ({ kind: "done", outputs: [] } as const) : await threads.run(call, signal);
    await waitUntil(end);
    return outcome;
  },
};
const { signal } = new AbortController();
using door = openDoor({ binding: { via: "address" }, baseUrl, token });
const worker = new BurstWorker(
  {
    name,
    kind: "agent",
    slots: Number(slots),
    memoryBytes: 1024 ** 3,
    project: "default",
    speed: await measureSpeed(runner, systemClock, signal),
  },
  {
    connect: async (aborted) => await door.connect(aborted),
    fetch: door.fetch,
    sha256,
    clock: systemClock,
    random: systemRandom,
    runners: { wasm: runner },
    trusted: undefined,
    pressure: () => "nominal",
    tell: ({ type }) => process.send?.(type),
    log: silentLog,
  },
);
const end = await worker.run(signal);
if (end.type === "refused") throw new Error(end.reason);
process.exit(0);
