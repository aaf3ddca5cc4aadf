import { Worker } from "node:worker_threads";

export interface ThreadPoolOptions {
  /** Program of the threads; it speaks as the README says. */
  readonly script: URL;
  /** Threads at most; calls beyond them wait, so the caller keeps to about as many. */
  readonly threads: number;
  /** Small calls that one thread is given at once at most. */
  readonly bundle: number;
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

interface Call {
  readonly call: unknown;
  /** Whether it may go to a thread together with others. */
  isSmall: boolean;
  thread: Thread | undefined;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  /** What it was given, in order. */
  calls: readonly Call[];
}

type Answer = { readonly answer: unknown } | { readonly error: string };

/**
 * Worker threads that take one call each at a time, or a bundle of small ones: a message to a thread and back costs as much as many of them. Calls have no effects, so
 * those that were in a bundle with one that ended its thread are made again, alone.
 */
export class ThreadPool {
  readonly #options: ThreadPoolOptions;
  readonly #waiting: Call[] = [];
  readonly #idle: Thread[] = [];
  readonly #all = new Set<Thread>();
  #isClosed = false;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
  }

  /**
   * Gives a call to a thread. Rejects with the signal's reason when it aborts first, and then its thread is being ended; with `ThreadDied`; with an `Error` of the program's words.
   */
  async call(call: unknown, signal: AbortSignal, options: { readonly isSmall: boolean }): Promise<unknown> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const one: Call = { call, isSmall: options.isSmall, thread: undefined, resolve, reject };
    const stop = () => {
      reject(signal.reason);
      this.#stop(one);
    };
    signal.addEventListener("abort", stop, { once: true });
    this.#waiting.push(one);
    this.#serve();
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Ends all threads; what they had and what waits rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new ThreadDied(new Error("the pool is closed")));
    await Promise.all([...this.#all].map(async ({ worker }) => await worker.terminate()));
  }

  #serve(): void {
    const { threads, bundle } = this.#options;
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const free = this.#idle.length + threads - this.#all.size;
      if (free <= 0) return;
      const thread = this.#idle.pop() ?? this.#start();
      const share = Math.min(bundle, Math.ceil(this.#waiting.length / free));
      const others = this.#waiting.findIndex(({ isSmall }) => !isSmall);
      const small = others < 0 ? share : Math.min(share, others);
      thread.calls = this.#waiting.splice(0, Math.max(1, small));
      for (const call of thread.calls) call.thread = thread;
      thread.worker.ref(); // an idle thread keeps no process alive, a call does
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origins
      thread.worker.postMessage(thread.calls.map(({ call }) => call));
    }
  }

  #start(): Thread {
    const { script, heapMegabytes } = this.#options;
    const worker = new Worker(script, {
      env: {},
      stdin: false,
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes, maxYoungGenerationSizeMb: 4, stackSizeMb: 4 },
    });
    const thread: Thread = { worker, calls: [] };
    this.#all.add(thread);
    worker.on("message", (answers: readonly Answer[]) => this.#answered(thread, answers)); // our own program's
    worker.on("messageerror", (error) => this.#died(thread, error));
    worker.on("error", (error) => this.#died(thread, error));
    worker.on("exit", (code) => this.#died(thread, new Error(`exit ${code}`)));
    return thread;
  }

  #answered(thread: Thread, answers: readonly Answer[]): void {
    if (!this.#all.has(thread)) return;
    for (const [index, call] of thread.calls.entries()) {
      const answer = answers[index] ?? { error: "the thread gave no answer" };
      if ("error" in answer) call.reject(new Error(answer.error));
      else call.resolve(answer.answer);
    }
    thread.calls = [];
    thread.worker.unref();
    this.#idle.push(thread);
    this.#serve();
  }

  #stop(call: Call): void {
    const at = this.#waiting.indexOf(call);
    if (at >= 0) this.#waiting.splice(at, 1);
    const { thread } = call;
    if (thread === undefined || !thread.calls.includes(call)) return;
    const others = thread.calls.filter((other) => other !== call);
    this.#end(thread);
    this.#again(others);
  }

  #died(thread: Thread, cause: unknown): void {
    const { calls } = thread;
    this.#end(thread);
    const isFound = calls.length === 1 || this.#isClosed;
    if (isFound) for (const { reject } of calls) reject(new ThreadDied(cause));
    this.#again(isFound ? [] : calls);
  }

  /** Each alone, so that the one at fault is found. */
  #again(calls: readonly Call[]): void {
    for (const call of calls) {
      call.isSmall = false;
      call.thread = undefined;
    }
    this.#waiting.unshift(...calls);
    this.#serve();
  }

  #end(thread: Thread): void {
    thread.calls = [];
    this.#all.delete(thread);
    const at = this.#idle.indexOf(thread);
    if (at >= 0) this.#idle.splice(at, 1);
    thread.worker.terminate().catch(() => undefined); // it is gone already
  }
}
