import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import {
  workerMessageSchema,
  type Lease,
  type Result,
  type SchedulerMessage,
  type WorkerMessage,
} from "#api/burst-protocol.ts";
import { buildManifest } from "#burst/packages/build-manifest.ts";
import { newSigningKey, signManifest, type SigningKey } from "#burst/packages/signature.ts";
import { waitFor } from "#test/support/wait-for.ts";

export const sha256Hex = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** What a test says of a lease; the rest follows. */
export interface LeaseWords {
  readonly fn: string;
  readonly args?: readonly number[];
  readonly inputs?: Lease["inputs"];
  readonly outputs?: number;
  readonly memoryBytes?: number;
  readonly timeMs?: number;
}

/** The scheduler's side of the protocol, with blobs over real HTTP, moved by a test's hand. */
export class ActingScheduler implements AsyncDisposable {
  readonly key: SigningKey;
  readonly blobs = new Map<string, Uint8Array>();
  readonly said: WorkerMessage[] = [];
  /** Addresses of single blobs that answer with this status. */
  readonly refused = new Map<string, number>();
  uploads = 0;
  downloads = 0;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #packages = new Map<string, { readonly manifest: string; readonly files: readonly string[] }>();
  #socket: WebSocket | undefined;
  #package = "";
  #lastLease = 0;

  private constructor(key: SigningKey) {
    this.key = key;
    this.#server = createServer((request, response) => this.#serve(request, response));
    this.#server.on("upgrade", (request, socket, head) => {
      this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#greet(opened));
    });
  }

  static async start(): Promise<ActingScheduler> {
    const scheduler = new ActingScheduler(await newSigningKey());
    scheduler.#server.listen(0, "127.0.0.1");
    await once(scheduler.#server, "listening");
    return scheduler;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo; // of a TCP server
    return `http://127.0.0.1:${port}`;
  }

  /** Keeps a blob, and answers how a lease names it by its address. */
  store(bytes: Uint8Array): Lease["inputs"][number] {
    const blob = sha256Hex(bytes);
    this.blobs.set(blob, bytes);
    return { blob, bytes: bytes.length, url: `${this.url}/${blob}` };
  }

  /** Signs a package of modules, each with the function that its file is called after; leases call it from now on. */
  async admit(modules: Readonly<Record<string, Uint8Array>>, key = this.key): Promise<string> {
    const files = new Map(Object.entries(modules).map(([fn, bytes]) => [`${fn.toLowerCase()}.wasm`, bytes]));
    const memoryBytes = 256 * 65_536;
    const functions = Object.fromEntries(
      Object.keys(modules).map((fn) => [
        fn,
        { file: `${fn.toLowerCase()}.wasm`, memoryBytes, deterministic: true, memo: true },
      ]),
    );
    const source = { name: "org.example.test", version: "1.0.0", level: "wasm", functions } as const;
    const text = await buildManifest(source, files, sha256Hex);
    const hash = sha256Hex(new TextEncoder().encode(text));
    for (const [name, bytes] of files) this.blobs.set(`${hash}-${name}`, bytes);
    const manifest = JSON.stringify(await signManifest(text, key));
    this.#packages.set(hash, { manifest, files: [...files.keys()] });
    this.#package = hash;
    return hash;
  }

  lease(words: LeaseWords): Lease {
    this.#lastLease += 1;
    const { args = [], inputs = [], outputs = 1, memoryBytes = 65_536, timeMs = 20_000 } = words;
    return {
      lease: `1:${this.#lastLease}`,
      job: "job",
      package: this.#package,
      fn: words.fn,
      args: [...args],
      inputs: [...inputs],
      outputs,
      memoryBytes,
      outputBytes: 1_024,
      cost: 1,
      timeMs,
    };
  }

  send(message: SchedulerMessage): void {
    this.#socket?.send(JSON.stringify(message));
  }

  grant(...leases: Lease[]): void {
    this.send({ type: "leases", leases });
  }

  /** Breaks the connection as a network does. */
  cut(): void {
    this.#socket?.terminate();
  }

  saidOf<T extends WorkerMessage["type"]>(type: T): Extract<WorkerMessage, { readonly type: T }>[] {
    // `filter` cannot tell that the type is the one asked for.
    return this.said.filter((message) => message.type === type) as Extract<
      WorkerMessage,
      { readonly type: T }
    >[];
  }

  get results(): Result[] {
    return this.saidOf("results").flatMap(({ results }) => results);
  }

  async result({ lease }: Lease): Promise<Result> {
    return await waitFor(() => this.results.find((result) => result.lease === lease), {
      withinMs: 20_000,
      what: `a result of ${lease}`,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #greet(socket: WebSocket): void {
    this.#socket = socket;
    socket.on("message", (data) => {
      const message = workerMessageSchema.parse(JSON.parse((data as Buffer).toString("utf8"))); // ws gives buffers
      this.said.push(message);
      if (message.type === "hello")
        this.send({ type: "welcome", worker: "w1", heartbeatMs: 50, trust: "own" });
      if (message.type === "package") this.#answerPackage(message.package);
      if (message.type === "addresses") this.#answerAddresses(message);
    });
  }

  #answerPackage(hash: string): void {
    const found = this.#packages.get(hash);
    const files = found?.files.map((name): [string, string] => [name, `${this.url}/${hash}-${name}`]) ?? [];
    this.send({
      type: "package",
      package: hash,
      ...(found === undefined ? {} : { manifest: found.manifest, files: Object.fromEntries(files) }),
    });
  }

  #answerAddresses({ id, get, put }: Extract<WorkerMessage, { readonly type: "addresses" }>): void {
    this.send({
      type: "addresses",
      id,
      get: get.filter((blob) => this.blobs.has(blob)).map((blob) => ({ blob, url: `${this.url}/${blob}` })),
      put: put.map(({ blob }) => (this.blobs.has(blob) ? { blob } : { blob, url: `${this.url}/${blob}` })),
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const name = (request.url ?? "").slice(1);
    const status = this.refused.get(name);
    if (status !== undefined) {
      response.writeHead(status).end();
      return;
    }
    if (request.method === "PUT") this.#take(name, request, response);
    else {
      this.downloads += 1;
      const bytes = this.blobs.get(name);
      response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
    }
  }

  #take(name: string, request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      this.blobs.set(name, Buffer.concat(chunks));
      this.uploads += 1;
      response.writeHead(200).end();
    });
  }
}
