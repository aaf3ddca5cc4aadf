import type { TaskLevel } from "#api/burst-protocol.ts";
import { BurstWorker, type WorkerEnd, type WorkerEvent } from "#burst/worker/burst-worker.ts";
import { measureSpeed } from "#burst/worker/calibration.ts";
import type { TaskRunners } from "#burst/worker/ports.ts";
import { systemClock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import type { Door } from "#main/worker/door.ts";
import { freeMemories } from "#main/worker/free-memories.ts";
import { memoryPressure, sha256, shareBytes } from "#main/worker/machine.ts";
import { threadRunner } from "#main/worker/thread-runner.ts";

export interface WorkerSettings {
  readonly name: string;
  readonly kind: "threads" | "agent";
  readonly slots: number;
  readonly memoryBytes: number;
  /** Whose jobs alone it takes; absent: everybody's, which its credential must allow. */
  readonly project?: string;
  /** Keys whose packages run here; absent: those that the data center admits, of level `wasm` alone. */
  readonly trustedKeys?: readonly string[];
  /** Beside `wasm`; each needs trusted keys and bubblewrap. */
  readonly levels: readonly Exclude<TaskLevel, "wasm">[];
}

/** A worker of this process that runs. */
export interface RunningWorker {
  readonly ended: Promise<WorkerEnd>;
  readonly speed: number;
  drain(): Promise<void>;
}

/** Measures this machine and begins to work. */
export async function startWorker(
  settings: WorkerSettings,
  door: Door,
  { tell, log }: { readonly tell: (event: WorkerEvent) => void; readonly log: Log },
  signal: AbortSignal,
): Promise<RunningWorker> {
  const { slots, levels, trustedKeys, ...identity } = settings;
  const threads = threadRunner(slots);
  const speed = await measureSpeed(threads, systemClock, signal);
  const sandboxed: TaskRunners =
    levels.length === 0 ? {} : (await import("#main/worker/sandbox-runners.ts")).sandboxRunners(levels);
  const worker = new BurstWorker(
    { ...identity, slots, speed },
    {
      connect: async (aborted) => await door.connect(aborted),
      fetch: door.fetch,
      sha256,
      share: shareBytes,
      clock: systemClock,
      random: systemRandom,
      runners: { wasm: threads, ...sandboxed },
      trusted: trustedKeys,
      pressure: memoryPressure(),
      tell: (event) => {
        if (event.type === "finished") freeMemories(event.bytes);
        tell(event);
      },
      log,
    },
  );
  return { ended: runToEnd(worker, threads, signal), speed, drain: async () => await worker.drain() };
}

async function runToEnd(
  worker: BurstWorker,
  threads: { close(): Promise<void> },
  signal: AbortSignal,
): Promise<WorkerEnd> {
  try {
    return await worker.run(signal);
  } finally {
    await threads.close();
  }
}
