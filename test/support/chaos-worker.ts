// A worker of the tests in a process of its own: the real one, but for what its manners change. Its words: URL, token, name, slots, manners.
import { createHash } from "node:crypto";
import type { Result, SchedulerMessage, WorkerMessage } from "#api/burst-protocol.ts";
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

/** Which bit it lies about: two liars do not tell the same lie. */
const lie = createHash("sha256").update(name).digest();

/** Flips one bit of the first output, or takes ten times as long. */
const runner: TaskRunner = {
  run: async (call, signal) => {
    const began = performance.now();
    const outcome = await threads.run(call, signal);
    if (manners === "slow")
      await new Promise((resolve) => setTimeout(resolve, (slowness - 1) * (performance.now() - began)));
    if (manners !== "lies" || outcome.kind !== "done") return outcome;
    const [first = new Uint8Array(), ...rest] = outcome.outputs;
    const at = lie.readUInt32BE(0) % first.length;
    return {
      kind: "done",
      outputs: [first.with(at, (first[at] ?? 0) ^ (1 << (lie.readUInt8(4) % 8))), ...rest],
    };
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

/** So many results are kept, and with each of them the job waits for the scheduler's patience. */
const mostLate = 2;

/** Keeps its first results until their leases are revoked, and tells them then. */
function late(socket: WorkerSocket): WorkerSocket {
  const kept = new Map<string, Result>();
  let left = mostLate;
  async function* messages() {
    for await (const raw of socket.messages) {
      yield raw;
      const message = JSON.parse(String(raw)) as SchedulerMessage; // of the scheduler under test
      if (message.type !== "revoke") continue;
      const results = message.leases.flatMap((lease) => kept.get(lease) ?? []);
      for (const { lease } of results) kept.delete(lease);
      if (results.length === 0) continue;
      await socket.send(JSON.stringify({ type: "results", results } satisfies WorkerMessage));
      for (const _ of results) process.send?.("late");
    }
  }
  return {
    ...socket,
    messages: messages(),
    send: async (text) => {
      const message = JSON.parse(text) as WorkerMessage; // our own words
      if (message.type !== "results" || left <= 0) return await socket.send(text);
      left -= message.results.length;
      for (const result of message.results) kept.set(result.lease, result);
    },
  };
}

using door = openDoor({ binding: { via: "address" }, baseUrl, token });
const worker = new BurstWorker(
  { name, kind: "agent", slots: Number(slots), memoryBytes: 1024 ** 3, speed: 1 },
  {
    connect: async (signal) => {
      const socket = await door.connect(signal);
      if (manners === "late") return late(socket);
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
