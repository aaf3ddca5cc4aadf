// A worker of the tests in a process of its own: the real one, but for what its manners change. Its words: URL, token, name, slots, manners.
import { BurstWorker } from "#burst/worker/burst-worker.ts";
import type { TaskRunner, WorkerSocket } from "#burst/worker/ports.ts";
import { systemClock } from "#lib/clock.ts";
import { silentLog } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { openDoor } from "#main/worker/door.ts";
import { sha256 } from "#main/worker/machine.ts";
import { threadRunner } from "#main/worker/thread-runner.ts";

const [baseUrl = "", token = "", name = "", slots = "1", manners = "honest"] = process.argv.slice(2);
const slowness = 10;
const threads = threadRunner(Number(slots));

/** Flips one bit of the first output, or takes ten times as long. */
const runner: TaskRunner = {
  run: async (call, signal) => {
    const began = performance.now();
    const outcome = await threads.run(call, signal);
    if (manners === "slow")
      await new Promise((resolve) => setTimeout(resolve, (slowness - 1) * (performance.now() - began)));
    if (manners !== "lies" || outcome.kind !== "done") return outcome;
    const [first = new Uint8Array(), ...rest] = outcome.outputs;
    const last = first.length - 1;
    return { kind: "done", outputs: [first.with(last, (first[last] ?? 0) ^ 1), ...rest] };
  },
};

/** Says every result twice. */
function repeating(socket: WorkerSocket): WorkerSocket {
  return {
    ...socket,
    send: async (text) => {
      await socket.send(text);
      if (text.includes('"type":"results"')) await socket.send(text);
    },
  };
}

using door = openDoor({ binding: { via: "address" }, baseUrl, token });
const worker = new BurstWorker(
  { name, kind: "agent", slots: Number(slots), memoryBytes: 1024 ** 3, speed: 1 },
  {
    connect: async (signal) => {
      const socket = await door.connect(signal);
      return manners === "repeats" ? repeating(socket) : socket;
    },
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
await worker.run(new AbortController().signal);
process.exit(0);
