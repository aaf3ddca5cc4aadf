import { parentPort } from "node:worker_threads";
import { serveKernelCalls } from "#burst/worker/browser/web-threads.ts";

/** A thread of this process that looks to `serveKernelCalls` as a Web Worker looks to itself. */
serveKernelCalls({
  postMessage: (message, { transfer }) => parentPort?.postMessage(message, transfer),
  addEventListener: (_, listener) => parentPort?.on("message", (data) => listener({ data })),
});
