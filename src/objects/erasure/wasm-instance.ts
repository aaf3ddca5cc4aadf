import { assembleModule, type FunctionDefinition } from "./wasm-assembler.ts";

/** What we use of the WebAssembly JavaScript API; the types of Node have none. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: WasmMemory } },
  ) => { readonly exports: unknown };
};

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

export const wasmPageBytes = 64 * 1024;
/** What 32-bit addresses reach, less one page. */
export const memoryMaxBytes = 4 * 1024 ** 3 - wasmPageBytes;

/** Memory that never grows, so that views of it stay valid. It begins at a page of the machine. */
export function wasmMemory(bytes: number): WasmMemory {
  const pages = Math.ceil(bytes / wasmPageBytes);
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
}

/** Assembles and compiles once; what it gives makes an instance that works in one memory. */
export function wasmModule<Exports>(
  functions: Readonly<Record<keyof Exports & string, FunctionDefinition>>,
): (memory: WasmMemory) => Exports {
  const module = new WebAssembly.Module(assembleModule(functions));
  // The names agree by type; parameters and results are stated beside the definitions.
  return (memory) => new WebAssembly.Instance(module, { env: { memory } }).exports as Exports;
}
