/** A compiled module; nothing of it is read but by the engine. */
export type WasmModule = object;

interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/**
 * What we use of the WebAssembly JavaScript API (https://webassembly.github.io/spec/js-api/). The types of Node have none, and those of
 * browsers come with a whole page.
 */
interface WasmApi {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => WasmMemory;
  readonly Module: {
    new (bytes: Uint8Array<ArrayBuffer>): WasmModule;
    imports(module: WasmModule): readonly { readonly module: string; readonly name: string }[];
    exports(module: WasmModule): readonly { readonly name: string; readonly kind: string }[];
  };
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, never>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

declare const WebAssembly: WasmApi;

export const webAssembly: WasmApi = WebAssembly;
