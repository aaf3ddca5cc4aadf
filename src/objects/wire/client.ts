import type { Socket } from "node:net";
import { assert } from "#lib/assert.ts";
import { backoffMs } from "#lib/backoff.ts";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import type { CatalogAdmin } from "#objects/admin.ts";
import type { Catalog } from "#objects/catalog.ts";
import { callsInFlightMax, holdMaxMs } from "#objects/limits.ts";
import { S3Error } from "#objects/s3-error.ts";
import { FrameChannel, type Later } from "./channel.ts";
import type { FedConfiguration } from "./configuration.ts";
import { errorOf } from "./faults.ts";
import type { Frame } from "./frame.ts";
import { leaseTimes } from "./lease.ts";
import type { ClientMessage, ServerMessage, StoreCounts } from "./messages.ts";
import { adminOver, catalogOver } from "./methods.ts";

export interface CatalogConnectionOptions {
  /** `objects-1`, `control`; for the catalog's log. */
  readonly name: string;
  /** A socket that is connecting. */
  readonly connect: () => Socket;
  /** Of a front; absent: no feed is asked for. */
  readonly configuration?: FedConfiguration;
  /** What a front counted since the last call. */
  readonly takeCounts?: () => StoreCounts;
  readonly clock: Clock;
  readonly random: Random;
  readonly later: Later;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** How long it may wait for its answer. */
  readonly withinMs?: number;
}

interface Pending {
  readonly id: number;
  readonly method: string;
  readonly input: unknown;
  readonly blob: Uint8Array | undefined;
  readonly lateAt: number;
  isSent: boolean;
  wasHeld: boolean;
  settle(error: Error | undefined, value: unknown): void;
}

const reconnect = { baseMs: 20, maxMs: 200 } as const;
const lookEveryMs = 100;
/** Calls and bytes of blobs that wait for the catalog in one process; what comes beyond is answered with SlowDown. */
const waitingMax = { calls: 4 * callsInFlightMax, blobBytes: 256 * 1024 * 1024 } as const;

/**
 * A connection that is always there: when the catalog is away, calls are held, and those without an answer are sent again as soon as it is back. That is right because
 * all calls are questions, or commands that the catalog does once however often they arrive. Whoever calls waits for at most `holdMaxMs`.
 */
export class CatalogConnection {
  readonly #options: CatalogConnectionOptions;
  /** In the order of the calls. */
  readonly #pending = new Map<number, Pending>();
  readonly #counts = { held: 0, broken: 0 };
  #channel: FrameChannel | undefined;
  #isConnected = false;
  #isClosed = false;
  #lastId = 0;
  #sent = 0;
  #blobBytes = 0;
  #failures = 0;
  #looking: Disposable | undefined;
  #echoing: Disposable | undefined;

  constructor(options: CatalogConnectionOptions) {
    this.#options = options;
    this.#open();
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Calls that had to wait for the catalog to come back, and those that waited in vain; since the start. */
  get counts(): { readonly held: number; readonly broken: number } {
    return this.#counts;
  }

  get waiting(): number {
    return this.#pending.size;
  }

  /** The catalog as if it were here. Throws SlowDown when there was no answer in time, and the signal's reason when it aborts: then the outcome is not known. */
  catalog(options: CallOptions = {}): Catalog {
    return catalogOver(async (method, input, blob) => await this.#call(method, input, blob, options));
  }

  admin(options: CallOptions = {}): CatalogAdmin {
    return adminOver(async (method, input) => await this.#call(method, input, undefined, options));
  }

  /** Calls that wait are refused. */
  close(): void {
    this.#isClosed = true;
    for (const pending of this.#pending.values()) pending.settle(new S3Error("SlowDown"), undefined);
    this.#channel?.end();
    this.#looking?.[Symbol.dispose]();
  }

  async #call(
    method: string,
    input: unknown,
    blob: Uint8Array | undefined,
    { signal, withinMs = holdMaxMs }: CallOptions,
  ): Promise<unknown> {
    signal?.throwIfAborted();
    const blobBytes = blob?.length ?? 0;
    if (
      this.#isClosed ||
      this.#pending.size >= waitingMax.calls ||
      this.#blobBytes + blobBytes > waitingMax.blobBytes
    ) {
      this.#counts.broken += 1;
      throw new S3Error("SlowDown");
    }
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = (this.#lastId += 1);
    const abort = () => this.#giveUp(id, signal?.reason);
    const pending: Pending = {
      id,
      method,
      input,
      blob,
      lateAt: this.#options.clock.monotonic() + withinMs,
      isSent: false,
      wasHeld: false,
      settle: (error, value) => {
        this.#pending.delete(id);
        this.#blobBytes -= blobBytes;
        if (pending.isSent) this.#sent -= 1;
        signal?.removeEventListener("abort", abort);
        if (error === undefined) resolve(value);
        else reject(error);
      },
    };
    signal?.addEventListener("abort", abort, { once: true });
    this.#pending.set(id, pending);
    this.#blobBytes += blobBytes;
    if (this.#isConnected) this.#send(pending);
    else this.#hold(pending);
    this.#look();
    return await promise;
  }

  #send(pending: Pending): void {
    if (pending.isSent || this.#sent >= callsInFlightMax) return;
    const { id, method, input, blob } = pending;
    try {
      this.#channel?.send({ type: "call", id, method, input } satisfies ClientMessage, blob);
    } catch (error) {
      pending.settle(new S3Error("InternalError", undefined, { cause: error }), undefined); // larger than a frame may be
      return;
    }
    pending.isSent = true;
    this.#sent += 1;
  }

  #hold(pending: Pending): void {
    if (!pending.wasHeld) this.#counts.held += 1;
    pending.wasHeld = true;
  }

  #giveUp(id: number, reason: unknown): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    if (this.#isConnected && pending.isSent) this.#tell({ type: "forget", id });
    pending.settle(
      reason instanceof Error ? reason : new Error("it was given up", { cause: reason }),
      undefined,
    );
  }

  /** One timer for all calls: each would cost as much as the rest of a call. */
  #look(): void {
    this.#looking ??= this.#options.clock.after(lookEveryMs, () => {
      this.#looking = undefined;
      const now = this.#options.clock.monotonic();
      for (const { id, lateAt } of this.#pending.values()) {
        if (lateAt > now) continue;
        this.#counts.broken += 1;
        this.#giveUp(id, new S3Error("SlowDown"));
      }
      if (this.#pending.size > 0) this.#look();
    });
  }

  #open(): void {
    const { connect, later, configuration, name } = this.#options;
    const socket = connect();
    const channel = new FrameChannel(socket, later, {
      slowsDown: false,
      onFrame: (frame) => this.#receive(frame),
      onEnd: () => this.#lost(),
    });
    this.#channel = channel;
    socket.once("connect", () => {
      this.#isConnected = true;
      this.#tell({ type: "hello", name, wantsFeed: configuration !== undefined });
      if (configuration !== undefined) this.#echo();
      for (const pending of this.#pending.values()) this.#send(pending);
    });
  }

  #lost(): void {
    const { clock, random, configuration } = this.#options;
    this.#isConnected = false;
    this.#sent = 0;
    configuration?.lost();
    this.#echoing?.[Symbol.dispose]();
    for (const pending of this.#pending.values()) {
      pending.isSent = false;
      this.#hold(pending);
    }
    if (this.#isClosed) return;
    clock.after(backoffMs(this.#failures, reconnect, random), () => {
      if (!this.#isClosed) this.#open();
    });
    this.#failures += 1;
  }

  #receive({ header }: Frame): void {
    const message = header as ServerMessage; // from our own catalog
    const { configuration } = this.#options;
    this.#failures = 0; // it speaks: it is really there
    switch (message.type) {
      case "answer":
        return this.#settle(message.id, undefined, message.value);
      case "refusal":
        return this.#settle(message.id, errorOf(message.fault), undefined);
      case "pong":
        return configuration?.renew(message.at);
      case "feed":
        assert(configuration !== undefined, "who did not ask for the feed gets none");
        configuration.receive(message);
        return this.#tell({ type: "ack", version: message.version });
    }
  }

  #settle(id: number, error: Error | undefined, value: unknown): void {
    const isFull = this.#sent >= callsInFlightMax;
    this.#pending.get(id)?.settle(error, value); // nobody waits any more: given up
    if (!isFull) return;
    const next = this.#pending.values().find(({ isSent }) => !isSent);
    if (next !== undefined) this.#send(next);
  }

  #echo(): void {
    const { clock, takeCounts } = this.#options;
    this.#tell({ type: "ping", at: clock.monotonic(), counts: takeCounts?.() ?? {} });
    this.#echoing = clock.after(leaseTimes.echoEveryMs, () => this.#echo());
  }

  #tell(message: ClientMessage): void {
    this.#channel?.send(message);
  }
}
