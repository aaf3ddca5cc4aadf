import type { KernelCall } from "../kernel-call.ts";
import { performKernelCall } from "../kernel-call.ts";
import type { TaskOutcome, TaskRunner } from "../ports.ts";

type Hears = (event: { readonly data: unknown }) => void;
type Fails = (event: { readonly message?: string }) => void;

/** What we use of a Web Worker, in the page's own types or in those of a test. */
export interface WebThread {
  postMessage(message: unknown): void;
  terminate(): void;
  addEventListener(type: "message", listener: Hears): void;
  addEventListener(type: "error", listener: Fails): void;
}

/** What a Web Worker sees of itself. */
export interface WebThreadScope {
  postMessage(message: unknown, options: { readonly transfer: ArrayBuffer[] }): void;
  addEventListener(type: "message", listener: Hears): void;
}

/** The whole program of a Web Worker that runs tasks: `serveKernelCalls(self)`. */
export function serveKernelCalls(scope: WebThreadScope): void {
  scope.addEventListener("message", ({ data }) => {
    const { outcome, buffers } = performKernelCall(data as KernelCall); // only `webThreadRunner` posts here
    scope.postMessage(outcome, { transfer: buffers });
  });
}

/** A thread, and who waits for it. */
class Thread {
  readonly #worker: WebThread;
  #call: PromiseWithResolvers<TaskOutcome> | undefined;
  isOver = false;

  constructor(worker: WebThread) {
    this.#worker = worker;
    worker.addEventListener("message", ({ data }) => this.#call?.resolve(data as TaskOutcome)); // of `serveKernelCalls`
    worker.addEventListener("error", ({ message }) => this.end(new Error(message ?? "the thread failed")));
  }

  async call(call: KernelCall, signal: AbortSignal): Promise<TaskOutcome> {
    const waiting = Promise.withResolvers<TaskOutcome>();
    this.#call = waiting;
    const stop = () => this.end(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origins
      this.#worker.postMessage(call);
      return await waiting.promise;
    } finally {
      signal.removeEventListener("abort", stop);
      this.#call = undefined;
    }
  }

  end(reason: unknown): void {
    this.isOver = true;
    this.#worker.terminate();
    this.#call?.reject(reason);
  }
}

/** Runs kernels in Web Workers that `make` starts; a task that is stopped takes its thread with it, and the next one gets a new one. */
export function webThreadRunner(make: () => WebThread, maxIdle: number): TaskRunner & { close(): void } {
  const idle: Thread[] = [];
  return {
    run: async ({ code, fn, args, inputs, memoryBytes }, signal) => {
      if (code.level !== "wasm") return { kind: "worker", message: "a browser runs WebAssembly only" };
      signal.throwIfAborted();
      const rested = idle.pop();
      const thread = rested === undefined || rested.isOver ? new Thread(make()) : rested;
      const outcome = await thread.call({ module: code.module, fn, args, inputs, memoryBytes }, signal);
      if (idle.length < maxIdle) idle.push(thread);
      else thread.end(undefined);
      return outcome;
    },
    close: () => {
      for (const thread of idle.splice(0)) thread.end(undefined);
    },
  };
}
