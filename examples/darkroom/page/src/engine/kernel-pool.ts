import type { TaskOutcome } from "#burst/worker/ports.ts";
import type { KernelCall } from "#burst/worker/kernel-call.ts";
import { usableCores } from "./usable-cores.ts";

interface Slot {
  readonly worker: Worker;
}

interface Waiting {
  readonly call: KernelCall;
  readonly signal: AbortSignal;
  readonly settle: (outcome: TaskOutcome) => void;
  readonly fail: (reason: unknown) => void;
}

/**
 * Web Workers that run kernel calls, as many at once as `slots`; the rest waits in line. What is aborted is ended by ending its worker: a kernel has no other way to stop.
 */
export class KernelPool implements Disposable {
  readonly slots: number;
  readonly #free: Slot[] = [];
  readonly #all = new Set<Slot>();
  readonly #line: Waiting[] = [];

  constructor(slots = usableCores()) {
    this.slots = slots;
  }

  get running(): number {
    return this.#all.size - this.#free.length;
  }

  async run(call: KernelCall, signal: AbortSignal): Promise<TaskOutcome> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<TaskOutcome>();
    const waiting = { call, signal, settle: resolve, fail: reject };
    this.#line.push(waiting);
    const leave = () => {
      const at = this.#line.indexOf(waiting);
      if (at >= 0) this.#line.splice(at, 1);
      reject(signal.reason as Error); // what aborts gives an error as its reason
    };
    signal.addEventListener("abort", leave, { once: true });
    this.#next();
    return await promise.finally(() => signal.removeEventListener("abort", leave));
  }

  [Symbol.dispose](): void {
    for (const { worker } of this.#all) worker.terminate();
    this.#all.clear();
    this.#free.length = 0;
  }

  #next(): void {
    while (this.#line.length > 0) {
      const slot = this.#free.pop() ?? this.#grow();
      if (slot === undefined) return;
      const waiting = this.#line.shift();
      if (waiting === undefined) return void this.#free.push(slot);
      this.#start(slot, waiting);
    }
  }

  #grow(): Slot | undefined {
    if (this.#all.size >= this.slots) return undefined;
    const worker = new Worker(new URL("kernel-worker.ts", import.meta.url), { type: "module" });
    const slot = { worker };
    this.#all.add(slot);
    return slot;
  }

  #start(slot: Slot, { call, signal, settle, fail }: Waiting): void {
    const { worker } = slot;
    const over = new AbortController();
    const once = { once: true, signal: over.signal } as const;
    const stop = () => {
      over.abort();
      this.#end(slot);
    };
    worker.addEventListener(
      "message",
      ({ data }: MessageEvent<TaskOutcome>) => {
        over.abort();
        this.#free.push(slot);
        settle(data);
        this.#next();
      },
      once,
    );
    worker.addEventListener(
      "error",
      ({ message }) => {
        stop();
        fail(new Error(message === "" ? "A worker of this page broke." : message));
      },
      once,
    );
    signal.addEventListener("abort", stop, once);
    worker.postMessage(call, { transfer: [] });
  }

  #end(slot: Slot): void {
    slot.worker.terminate();
    this.#all.delete(slot);
    this.#next();
  }
}
