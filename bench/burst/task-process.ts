// A worker of merge-in-processes.ts: reads blobs from files, calls a kernel in this process, and writes what it gives to files.
import { readFileSync, writeFileSync } from "node:fs";
import { callKernel } from "#burst/kernel/call-kernel.ts";
import { freeMemories } from "#main/worker/free-memories.ts";
import { darkroomKernels } from "./kernels.ts";
import type { FileCall } from "./merge-in-processes.ts";

const moduleOf = await darkroomKernels();
process.on("message", (call: FileCall) => {
  const names = perform(call);
  process.send?.({ names, residentBytes: process.resourceUsage().maxRSS * 1024 });
  freeMemories(call.memoryBytes);
});
process.send?.("ready");

/** Keeps nothing of what it read and made. */
function perform({ fn, args, inputs, out }: FileCall): readonly string[] {
  const read = inputs.map((file) => readFileSync(file));
  return callKernel(moduleOf(fn), fn, args, read).map((bytes, index) => {
    writeFileSync(`${out}.${index}`, bytes);
    return `${out}.${index}`;
  });
}
