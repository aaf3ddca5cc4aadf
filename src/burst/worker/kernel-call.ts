import { callKernel, KernelTrap } from "../kernel/call-kernel.ts";
import type { WasmModule } from "../kernel/web-assembly.ts";
import type { TaskOutcome } from "./ports.ts";

/** What a thread is given: a compiled module is shared, not copied. */
export interface KernelCall {
  readonly module: WasmModule;
  readonly fn: string;
  readonly args: readonly number[];
  readonly inputs: readonly Uint8Array[];
  readonly memoryBytes: number;
}

/** In the thread: one call in an instance of its own, and the buffers of its outputs, which can be handed over. */
export function performKernelCall({ module, fn, args, inputs, memoryBytes }: KernelCall): {
  readonly outcome: TaskOutcome;
  readonly buffers: ArrayBuffer[];
} {
  try {
    const outputs = callKernel(module, fn, args, inputs, memoryBytes);
    return { outcome: { kind: "done", outputs }, buffers: outputs.map(({ buffer }) => buffer) };
  } catch (error) {
    if (!(error instanceof KernelTrap)) throw error;
    return { outcome: { kind: error.kind, message: error.message }, buffers: [] };
  }
}
