import { Worker, type Transferable } from "node:worker_threads";

export interface ThreadPoolOptions {
  /** Program of the threads; it speaks as the README says. */
  readonly script: URL;
  /** Threads at most; the caller keeps to as many calls at once. */
  readonly threads: number;
  /** Of JavaScript objects; buffers and WebAssembly's memories have bounds of their own. */
  readonly heapMegabytes: number;
}

/** A thread ended by itself while it had a call. */
export class ThreadDied extends Error {
  override readonly name = "ThreadDied";
  readonly isOutOfMemory: boolean;

  constructor(cause: unknown) {
    super("the thread died", { cause });
    this.isOutOfMemory =
      cause instanceof Error && "code" in cause && cause.code === "ERR_WORKER_OUT_OF_MEMORY";
  }
}

interface Thread {
  readonly worker: Worker;
  /** Settles the call that it has. */
  answer: ((message: Answer) => void) | undefined;
  die: ((cause: unknown) => void) | undefined;
}

type Answer = { readonly answer: unknown } | { readonly error: string };

/** Worker threads that take one call each at a time. */
export class ThreadPool {
  readonly #options: ThreadPoolOptions;
  readonly #idle: Thread[] = [];
  readonly #all = new Set<Thread>();

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
  }

  /**
   * Gives a call to a thread. Rejects with the signal's reason when it aborts first, and then the thread is being ended; with `ThreadDied`; with an `Error` of the program's words.
   */
  async call(call: unknown, signal: AbortSignal, transfer: readonly Transferable[] = []): Promise<unknown> {
    signal.throwIfAborted();
    const thread = this.#idle.pop() ?? this.#start();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const stop = () => {
      this.#end(thread);
      reject(signal.reason);
    };
    thread.answer = (message) =>
      "error" in message ? reject(new Error(message.error)) : resolve(message.answer);
    thread.die = (cause) => reject(new ThreadDied(cause));
    signal.addEventListener("abort", stop, { once: true });
    thread.worker.ref(); // an idle thread keeps no process alive, a call does
    try {
      thread.worker.postMessage(call, transfer);
      return await promise;
    } finally {
      signal.removeEventListener("abort", stop);
      thread.answer = undefined;
      thread.die = undefined;
      thread.worker.unref();
      this.#rest(thread);
    }
  }

  /** Ends all threads; their calls reject. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map(async ({ worker }) => await worker.terminate()));
  }

  #start(): Thread {
    const { script, heapMegabytes } = this.#options;
    const worker = new Worker(script, {
      env: {},
      stdin: false,
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes, stackSizeMb: 4 },
    });
    const thread: Thread = { worker, answer: undefined, die: undefined };
    this.#all.add(thread);
    worker.on("message", (message: Answer) => thread.answer?.(message)); // our own program's
    worker.on("messageerror", (error) => this.#died(thread, error));
    worker.on("error", (error) => this.#died(thread, error));
    worker.on("exit", (code) => this.#died(thread, new Error(`exit ${code}`)));
    return thread;
  }

  #rest(thread: Thread): void {
    if (this.#all.has(thread) && this.#idle.length < this.#options.threads) this.#idle.push(thread);
    else this.#end(thread);
  }

  #died(thread: Thread, cause: unknown): void {
    this.#end(thread);
    thread.die?.(cause);
  }

  #end(thread: Thread): void {
    this.#all.delete(thread);
    const at = this.#idle.indexOf(thread);
    if (at >= 0) this.#idle.splice(at, 1);
    thread.worker.terminate().catch(() => undefined); // it is gone already
  }
}
