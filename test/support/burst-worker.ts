import { createHash } from "node:crypto";
import type { Lease, SchedulerMessage, WorkerMessage } from "#api/burst-protocol.ts";
import type { WorkerPeer } from "#burst/scheduler/worker-session.ts";

const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");

/** The only output of a test's task: it follows from the call, as a kernel's does. */
export function madeBy({ fn, args, inputs }: Pick<Lease, "fn" | "args" | "inputs">): Buffer {
  return Buffer.from(sha256(`${fn}(${args.join()})(${inputs.map(({ blob }) => blob).join()})`));
}

/** A worker that speaks the protocol over whatever carries texts, and makes 64 bytes for each task at once. */
export class TestBurstWorker {
  readonly said: SchedulerMessage[] = [];
  readonly #send: (text: string) => void;
  readonly #hello: Partial<Extract<WorkerMessage, { type: "hello" }>>;
  /** Leases that it holds and does not answer. */
  readonly kept: Lease[] = [];
  done = 0;
  /** Whether it answers at all. */
  works = true;
  lies = false;

  constructor(send: (text: string) => void, hello: Partial<Extract<WorkerMessage, { type: "hello" }>> = {}) {
    this.#send = send;
    this.#hello = hello;
  }

  begin(): void {
    this.say({
      type: "hello",
      version: 1,
      name: "test",
      kind: "agent",
      slots: 4,
      memoryBytes: 2 ** 30,
      speed: 1,
      levels: ["wasm", "js"],
      holds: [],
      ...this.#hello,
    });
    this.say({ type: "want", leases: 512 });
  }

  hear(text: string): void {
    const message = JSON.parse(text) as SchedulerMessage; // the scheduler's own words
    this.said.push({ ...message });
    if (message.type !== "leases") return;
    if (!this.works) {
      this.kept.push(...message.leases);
      return;
    }
    this.answer(message.leases);
    this.say({ type: "want", leases: 512 });
  }

  answer(leases: readonly Lease[]): void {
    this.done += leases.length;
    const results = leases.map((lease) => {
      const bytes = this.lies ? Buffer.from(`no ${lease.lease}`) : madeBy(lease);
      const output = { blob: sha256(bytes), bytes: bytes.length, inline: bytes.toString("base64") };
      return { lease: lease.lease, outcome: "done" as const, outputs: [output], elapsedMs: 0.1 };
    });
    this.say({ type: "results", results });
  }

  /** The first message of this type, once it has come. */
  hears(type: SchedulerMessage["type"]): SchedulerMessage | undefined {
    return this.said.find((message) => message.type === type);
  }

  say(message: WorkerMessage): void {
    this.#send(JSON.stringify(message));
  }
}

/** Both ends of a connection inside the process. */
export function workerPair(hello: Partial<Extract<WorkerMessage, { type: "hello" }>> = {}): {
  readonly peer: WorkerPeer;
  readonly worker: TestBurstWorker;
  readonly close: () => void;
} {
  const waiting: string[] = [];
  const controller = new AbortController();
  let wake: (() => void) | undefined;
  const worker = new TestBurstWorker((text) => {
    waiting.push(text);
    wake?.();
  }, hello);
  async function* messages() {
    while (!controller.signal.aborted) {
      const text = waiting.shift();
      if (text !== undefined) yield { type: "text" as const, text };
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  const peer: WorkerPeer = {
    signal: controller.signal,
    messages: messages(),
    sendText: async (text) => {
      if (!controller.signal.aborted) setImmediate(() => worker.hear(text));
      await Promise.resolve();
    },
  };
  return {
    peer,
    worker,
    close: () => {
      controller.abort();
      wake?.();
    },
  };
}
