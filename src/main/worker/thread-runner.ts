import type { TaskOutcome, TaskRunner } from "#burst/worker/ports.ts";
import { ThreadDied, ThreadPool } from "#drivers/task-threads/thread-pool.ts";

/** For JavaScript objects of a thread; it has hardly any. */
const heapMegabytes = 64;

/** Runs kernels in threads of this process. */
export function threadRunner(slots: number): TaskRunner & { close(): Promise<void> } {
  const script = new URL("task-thread.ts", import.meta.url);
  const pool = new ThreadPool({ script, threads: slots, heapMegabytes });
  return {
    run: async ({ code, fn, args, inputs, memoryBytes }, signal) => {
      if (code.level !== "wasm") return { kind: "worker", message: "threads run WebAssembly only" };
      try {
        const answer = await pool.call({ module: code.module, fn, args, inputs, memoryBytes }, signal);
        return answer as TaskOutcome; // of our own program task-thread.ts
      } catch (error) {
        if (!(error instanceof ThreadDied)) throw error;
        if (error.isOutOfMemory) return { kind: "memory", message: "its thread ran out of memory" };
        return { kind: "worker", message: "its thread died" };
      }
    },
    close: async () => await pool.close(),
  };
}
