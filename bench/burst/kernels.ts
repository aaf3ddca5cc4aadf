import { webAssembly, type WasmModule } from "#burst/kernel/web-assembly.ts";
import { buildKernel, type KernelName } from "../../examples/darkroom/kernels/build-kernel.ts";

const names = ["jpeg", "fusion", "panorama"] as const satisfies readonly KernelName[];

/** Darkroom's kernels: gives the module that has a function. */
export async function darkroomKernels(): Promise<(fn: string) => WasmModule> {
  const modules = new Map<string, WasmModule>();
  for (const name of names) {
    const module = new webAssembly.Module(await buildKernel(name));
    for (const entry of webAssembly.Module.exports(module)) modules.set(entry.name, module);
  }
  return (fn) => {
    const module = modules.get(fn);
    if (module === undefined) throw new Error(`no kernel has ${fn}`);
    return module;
  };
}
