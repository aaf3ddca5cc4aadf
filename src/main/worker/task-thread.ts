import { parentPort } from "node:worker_threads";
import { performKernelCall, type KernelCall } from "#burst/worker/kernel-call.ts";

/** Program of a thread of the worker: calls kernels, one at a time, and can do nothing else. */
parentPort?.on("message", (call: KernelCall) => {
  try {
    const { outcome, buffers } = performKernelCall(call);
    parentPort?.postMessage({ answer: outcome }, buffers);
  } catch (error) {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origins
    parentPort?.postMessage({ error: error instanceof Error ? error.message : "it failed" });
  }
});
