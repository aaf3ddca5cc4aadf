import { callKernel } from "#burst/kernel/call-kernel.ts";
import { webAssembly, type WasmModule } from "#burst/kernel/web-assembly.ts";

/** A call of a kernel as it was recorded: its bytes are blobs, named by their SHA-256. */
export interface RecordedCall {
  readonly kernel: string;
  readonly fn: string;
  readonly args: readonly number[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface Replayed {
  readonly calls: number;
  /** Calls that gave other bytes than those recorded, in words. */
  readonly faults: readonly string[];
}

/**
 * Makes every `share.of`th call of a recording again, beginning with `share.first`. `load` gives `calls.json`, modules by `NAME.wasm` and blobs by their hash. A page loads this file too.
 */
export async function replayCalls(
  load: (name: string) => Promise<Uint8Array<ArrayBuffer>>,
  share = { first: 0, of: 1 },
): Promise<Replayed> {
  // What `writeRecording` wrote.
  const recorded = JSON.parse(new TextDecoder().decode(await load("calls.json"))) as readonly RecordedCall[];
  const calls = recorded.filter((_, index) => index % share.of === share.first);
  const modules = new Map<string, WasmModule>();
  const faults: string[] = [];
  for (const { kernel, fn, args, inputs, outputs } of calls) {
    const module = modules.get(kernel) ?? new webAssembly.Module(await load(`${kernel}.wasm`));
    modules.set(kernel, module);
    const given = callKernel(module, fn, args, await Promise.all(inputs.map(load)));
    const hashes = await Promise.all(given.map(sha256));
    if (hashes.join() !== outputs.join()) faults.push(`${fn}(${args.join()}) gave ${hashes.join()}`);
  }
  return { calls: calls.length, faults };
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
