import { createHash } from "node:crypto";
import { WebSocket } from "ws";
import {
  protocolVersion,
  type Lease,
  type Result,
  type SchedulerMessage,
  type WorkerMessage,
} from "#api/burst-protocol.ts";

/** What a worker does wrong on purpose. */
export type Malice =
  /** One bit of the first output is another one; its hash is right for what it sends. */
  | "lies"
  /** Says the right hash of bytes that it does not send. */
  | "forges"
  /** Every result is told twice. */
  | "repeats"
  /** Answers only when its lease is over. */
  | "is late"
  /** Takes leases and says nothing more. */
  | "is silent"
  /** Tells results of leases that it never had. */
  | "invents";

export interface HostileWorkerOptions {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly socketPath?: string;
  readonly name: string;
  readonly project?: string;
  readonly malice: Malice;
  /** What an honest worker would give; the malice is put on top of it. */
  readonly perform: (lease: Lease) => Promise<readonly Uint8Array[]>;
  /** For `is late`: how long after the lease was given. */
  readonly lateMs?: number;
  readonly slots?: number;
}

/** A worker that speaks the protocol and does not mean well. Small outputs only: it uploads nothing. Close it at the end. */
export class HostileWorker implements Disposable {
  readonly heard: SchedulerMessage[] = [];
  readonly told: Result[] = [];
  readonly #options: HostileWorkerOptions;
  readonly #socket: WebSocket;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: HostileWorkerOptions) {
    this.#options = options;
    const { url, headers = {}, socketPath } = options;
    const address = `${url.replace(/^http/, "ws")}/v1/burst/connect`;
    this.#socket = new WebSocket(
      socketPath === undefined ? address : `ws+unix:${socketPath}:/v1/burst/connect`,
      {
        headers: { ...headers },
      },
    );
    this.#socket.on("error", () => undefined); // a scheduler that throws it out
    this.#socket.on("open", () => this.#hello());
    this.#socket.on("message", (data) => {
      const message = JSON.parse((data as Buffer).toString("utf8")) as SchedulerMessage; // of the scheduler under test
      this.heard.push(message);
      if (message.type === "welcome") this.#want();
      if (message.type === "leases") for (const lease of message.leases) this.#take(lease);
    });
  }

  get isRefused(): boolean {
    return this.heard.some(({ type }) => type === "refused");
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#socket.terminate();
  }

  #send(message: WorkerMessage): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #hello(): void {
    const { name, project, slots = 1 } = this.#options;
    this.#send({
      type: "hello",
      version: protocolVersion,
      name,
      kind: "agent",
      slots,
      memoryBytes: 1024 ** 3,
      speed: 1,
      levels: ["wasm"],
      holds: [],
      ...(project === undefined ? {} : { project }),
    });
  }

  #want(): void {
    const { malice, slots = 1 } = this.#options;
    this.#send({ type: "want", leases: slots });
    if (malice === "invents") this.#tell({ lease: "1:1", outcome: "done", outputs: [], elapsedMs: 1 });
  }

  #take(lease: Lease): void {
    const { malice, lateMs = 0 } = this.#options;
    if (malice === "is silent") return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        this.#answer(lease).catch(() => undefined); // a task that it cannot do is one that it does not do
      },
      malice === "is late" ? lateMs : 0,
    );
    this.#timers.add(timer);
  }

  async #answer(lease: Lease): Promise<void> {
    const { malice, perform } = this.#options;
    const outputs = (await perform(lease)).map((bytes) => Uint8Array.from(bytes));
    const [first] = outputs;
    const honest = outputs.map(nameOf);
    if (first !== undefined && (malice === "lies" || malice === "forges")) first[0] = (first[0] ?? 0) ^ 1;
    const told = outputs.map((bytes, index) => ({
      blob: (malice === "forges" ? honest[index] : undefined) ?? nameOf(bytes),
      bytes: bytes.length,
      inline: Buffer.from(bytes).toString("base64"),
    }));
    const result: Result = { lease: lease.lease, outcome: "done", outputs: told, elapsedMs: 1 };
    this.#tell(result);
    if (malice === "repeats") this.#tell(result);
    this.#want();
  }

  #tell(result: Result): void {
    this.told.push(result);
    this.#send({ type: "results", results: [result] });
  }
}

function nameOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
