import type { TaskOutcome, TaskRunner } from "#burst/worker/ports.ts";
import { ThreadDied, ThreadPool } from "#drivers/task-threads/thread-pool.ts";

/** For JavaScript objects of a thread; it has hardly any. */
const heapMegabytes = 64;
/** Tasks that cost next to nothing go to a thread so many at once. */
const bundle = 32;

/** Runs kernels in threads of this process. */
export function threadRunner(slots: number): TaskRunner & { close(): Promise<void> } {
  // Beside this file, as it is or bundled.
  const program = import.meta.url.endsWith(".ts") ? "task-thread.ts" : "task-thread.js";
  const script = new URL(program, import.meta.url);
  const pool = new ThreadPool({ script, threads: slots, bundle, heapMegabytes });
  return {
    bundle,
    run: async ({ code, fn, args, inputs, memoryBytes, isSmall = false }, signal) => {
      if (code.level !== "wasm") return { kind: "worker", message: "threads run WebAssembly only" };
      try {
        const call = { module: code.module, fn, args, inputs, memoryBytes };
        const answer = await pool.call(call, signal, { isSmall });
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
