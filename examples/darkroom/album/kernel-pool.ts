import { Worker } from "node:worker_threads";
import type { WasmModule } from "#burst/kernel/web-assembly.ts";

export interface ThreadSetup {
  readonly modules: { readonly album: WasmModule; readonly jpeg: WasmModule };
}

export interface KernelCall {
  readonly kernel: "album" | "jpeg";
  readonly fn: string;
  readonly args: readonly number[];
  /** Shared between threads, so that the landscape is not copied for every call. */
  readonly inputs: readonly SharedArrayBuffer[];
}

/** Threads that call kernels; each call gets the next thread that is free. */
export class KernelPool {
  readonly #free: Worker[] = [];
  readonly #all: readonly Worker[];
  readonly #waiting: (() => void)[] = [];

  constructor(setup: ThreadSetup, threads: number) {
    const script = new URL("kernel-thread.ts", import.meta.url);
    this.#all = Array.from({ length: threads }, () => new Worker(script, { workerData: setup }));
    this.#free.push(...this.#all);
  }

  /** The first output of a call. Rejects when the kernel traps. */
  async call(call: KernelCall): Promise<SharedArrayBuffer> {
    let worker = this.#free.pop();
    while (worker === undefined) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      worker = this.#free.pop();
    }
    const outputs = await answerOf(worker, call);
    this.#free.push(worker);
    this.#waiting.shift()?.();
    return share(outputs[0] ?? new Uint8Array());
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((worker) => worker.terminate()));
  }
}

export function share(bytes: Uint8Array): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  return shared;
}

function answerOf(worker: Worker, call: KernelCall): Promise<readonly Uint8Array[]> {
  return new Promise((resolve, reject) => {
    const done = (outputs: readonly Uint8Array[]) => {
      worker.off("error", failed);
      resolve(outputs);
    };
    const failed = (error: Error) => {
      worker.off("message", done);
      reject(error);
    };
    worker.once("message", done);
    worker.once("error", failed);
    worker.postMessage(call, []);
  });
}
