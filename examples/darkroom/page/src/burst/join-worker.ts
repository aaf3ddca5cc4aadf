/// <reference lib="webworker" />
import { BrowserWorker } from "#burst/worker/browser/browser-worker.ts";
import type { WorkerEvent } from "#burst/worker/burst-worker.ts";
import type { PressureState } from "#burst/choice/pressure.ts";

/** This page as a worker of its user's job. It lives in a thread of its own, because timers of hidden pages are slowed down. */
declare const self: DedicatedWorkerGlobalScope;

export type JoinMessage =
  | {
      readonly kind: "join";
      readonly name: string;
      readonly slots: number;
      readonly project: string;
      readonly job: string;
    }
  | { readonly kind: "pressure"; readonly state: PressureState }
  | { readonly kind: "suspend" | "resume" | "leave" };

export type JoinAnswer =
  | { readonly kind: "event"; readonly event: WorkerEvent }
  | { readonly kind: "ended"; readonly reason: string };

function tell(answer: JoinAnswer): void {
  self.postMessage(answer, { transfer: [] });
}

const memoryBytes = 768 * 1024 ** 2;
let worker: BrowserWorker | undefined;
const leaving = new AbortController();

const clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms: number, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error); // what aborts gives an error as its reason
    };
    signal?.addEventListener("abort", stop, { once: true });
    await promise.finally(() => signal?.removeEventListener("abort", stop));
  },
  after: (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
const random = {
  bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)),
  fraction: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
};
/** Faults of the worker belong into the browser's console; nobody else could read them here. */
const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (event: string, fields?: object) => console.warn(event, fields),
  error: (event: string, fields?: object) => console.error(event, fields),
  child: () => log,
};

self.addEventListener("message", ({ data }: MessageEvent<JoinMessage>) => {
  take(data).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : "This computer could not work along.";
    tell({ kind: "ended", reason });
  });
});

async function take(message: JoinMessage): Promise<void> {
  switch (message.kind) {
    case "join":
      return await join(message);
    case "pressure":
      return worker?.feel(message.state);
    case "suspend":
      return await worker?.suspend();
    case "resume":
      return worker?.resume();
    case "leave":
      await worker?.drain();
      leaving.abort();
  }
}

async function join({ name, slots, project, job }: Extract<JoinMessage, { kind: "join" }>): Promise<void> {
  const address = new URL("/api/center/burst/connect", self.location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  worker = await BrowserWorker.make(
    {
      name,
      slots,
      memoryBytes,
      project,
      job,
      trusted: undefined,
      openSocket: () => new WebSocket(address),
      makeThread: () =>
        new Worker(new URL("../engine/kernel-worker.ts", import.meta.url), { type: "module" }),
      clock,
      random,
      log,
      tell: (event) => tell({ kind: "event", event }),
    },
    leaving.signal,
  );
  const end = await worker.run(leaving.signal);
  const reason = end.type === "refused" ? end.reason : "";
  tell({ kind: "ended", reason });
}
