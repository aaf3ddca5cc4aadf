/// <reference lib="webworker" />
import { performKernelCall, type KernelCall } from "#burst/worker/kernel-call.ts";

/** A Web Worker that runs one kernel call at a time; the page's own tasks and those of burst run in the same way. */
declare const self: DedicatedWorkerGlobalScope;

self.addEventListener("message", ({ data }: MessageEvent<KernelCall>) => {
  const { outcome, buffers } = performKernelCall(data);
  self.postMessage(outcome, buffers);
});
