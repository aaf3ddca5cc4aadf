// A worker of merge-in-processes.ts: reads blobs from files, calls a kernel in this process, and writes what it gives to files.
import { readFileSync, writeFileSync } from "node:fs";
import { callKernel } from "#burst/kernel/call-kernel.ts";
import { darkroomKernels } from "./kernels.ts";
import type { FileCall } from "./merge-in-processes.ts";

const moduleOf = await darkroomKernels();
process.on("message", ({ fn, args, inputs, out }: FileCall) => {
  const made = callKernel(
    moduleOf(fn),
    fn,
    args,
    inputs.map((file) => readFileSync(file)),
  );
  const names = made.map((bytes, index) => {
    writeFileSync(`${out}.${index}`, bytes);
    return `${out}.${index}`;
  });
  process.send?.({ names, residentBytes: process.resourceUsage().maxRSS * 1024 });
});
process.send?.("ready");
