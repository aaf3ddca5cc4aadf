import { parentPort } from "node:worker_threads";
import { performKernelCall, type KernelCall } from "#burst/worker/kernel-call.ts";
import { freeMemories } from "./free-memories.ts";

/** Program of a thread of the worker: calls kernels, one after the other, and can do nothing else. */
parentPort?.on("message", (calls: readonly KernelCall[]) => {
  const buffers: ArrayBuffer[] = [];
  const answers = calls.map((call) => {
    try {
      const made = performKernelCall(call);
      buffers.push(...made.buffers);
      return { answer: made.outcome };
    } catch (error) {
      return { error: error instanceof Error ? error.message : "it failed" };
    }
  });
  parentPort?.postMessage(answers, buffers);
  for (const { memoryBytes } of calls) freeMemories(memoryBytes);
});
