// A thread that calls kernels: it gets modules once, then calls one after the other.
import { parentPort, workerData } from "node:worker_threads";
import { callKernel } from "#burst/kernel/call-kernel.ts";
import type { KernelCall, ThreadSetup } from "./kernel-pool.ts";

// What the pool gives to its threads, and nobody else starts one.
const { modules } = workerData as ThreadSetup;

parentPort?.on("message", (call: KernelCall) => {
  const module = modules[call.kernel];
  const shared = call.inputs.map((input) => new Uint8Array(input));
  const outputs = callKernel(module, call.fn, call.args, shared);
  parentPort?.postMessage(
    outputs,
    outputs.map((output) => output.buffer),
  );
});
