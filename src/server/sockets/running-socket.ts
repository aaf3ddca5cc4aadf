import type { WebSocket } from "ws";
import { background } from "#lib/background.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Principal } from "#control/auth/principal.ts";
import type { ServerLimits } from "../limits.ts";
import { MessageQueue } from "./message-queue.ts";
import type { Peer } from "./peer.ts";

export type SocketEnding = "peer-left" | "sign-in-ended" | "shutdown" | "finished" | "fault";

/** Close codes of RFC 6455 section 7.4.1: what the peer is told. */
const closeCodes = {
  "peer-left": 1000,
  finished: 1000,
  shutdown: 1001,
  "sign-in-ended": 1008,
  fault: 1011,
} as const satisfies Record<SocketEnding, number>;

export interface RunningSocketOptions {
  readonly limits: ServerLimits;
  readonly clock: Clock;
  readonly log: Log;
  readonly principal: Principal;
  /** The caller now; undefined when the session or token has ended, or the right to this address. */
  readonly recheck: () => Promise<Principal | undefined>;
}

/** A WebSocket while its handler runs: pinged, bounded, and ended when the caller may no longer have it. */
export class RunningSocket implements Peer {
  principal: Principal;
  readonly messages: MessageQueue;
  readonly #socket: WebSocket;
  readonly #options: RunningSocketOptions;
  readonly #controller = new AbortController();
  #ending: SocketEnding | undefined;
  #heardMs: number;
  #timers: Disposable[] = [];

  constructor(socket: WebSocket, options: RunningSocketOptions) {
    this.#socket = socket;
    this.#options = options;
    this.principal = options.principal;
    this.#heardMs = options.clock.monotonic();
    this.messages = new MessageQueue({
      limitBytes: options.limits.socketQueueBytes,
      onFull: () => socket.pause(),
      onSpace: () => socket.resume(),
    });
    this.#listen();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get ending(): SocketEnding {
    return this.#ending ?? "finished";
  }

  /** The first reason stays. The handler ends by its signal, then the socket is closed. */
  end(why: SocketEnding): void {
    this.#ending ??= why;
    this.messages.end();
    this.#controller.abort();
  }

  /** Runs the handler and closes the socket, whatever comes first. Resolves when the socket is gone. */
  async run(speak: (peer: Peer) => Promise<void>): Promise<void> {
    this.#keepPinged();
    this.#keepChecked();
    try {
      if (!this.signal.aborted) await speak(this);
    } catch (error) {
      if (!this.signal.aborted) this.#options.log.error("server.socket.failed", { error });
      this.end("fault");
    } finally {
      this.end("finished");
      for (const timer of this.#timers) timer[Symbol.dispose]();
      await this.#close();
    }
  }

  async sendText(text: string): Promise<void> {
    await this.#send(text);
  }

  async sendBytes(bytes: Uint8Array): Promise<void> {
    await this.#send(bytes);
  }

  #send(data: string | Uint8Array): Promise<void> {
    const { clock, limits } = this.#options;
    if (this.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const stalled = clock.after(limits.streamStallMs, () => this.#cut());
      this.#socket.send(data, (error) => {
        stalled[Symbol.dispose]();
        if (error !== undefined && error !== null) this.end("peer-left");
        resolve();
      });
    });
  }

  /** Without a goodbye: the peer takes nothing, or is not there. */
  #cut(): void {
    this.end("peer-left");
    this.#socket.terminate();
  }

  #listen(): void {
    const heard = () => void (this.#heardMs = this.#options.clock.monotonic());
    this.#socket.on("message", (data, isBinary) => {
      heard();
      const bytes = data as Buffer; // `binaryType` is "nodebuffer", which is ws's default
      this.messages.push(
        isBinary ? { type: "bytes", bytes } : { type: "text", text: bytes.toString("utf8") },
      );
    });
    this.#socket.on("pong", heard);
    this.#socket.on("error", () => this.end("peer-left")); // a broken frame, or a broken connection: `close` follows
    this.#socket.on("close", () => this.end("peer-left"));
  }

  /** A peer that we do not read cannot be heard: it is not counted as silent. */
  #keepPinged(): void {
    const { clock, limits } = this.#options;
    this.#repeat(limits.socketPingMs, () => {
      if (this.messages.isFull) this.#heardMs = clock.monotonic();
      if (clock.monotonic() - this.#heardMs > 2 * limits.socketPingMs) this.#cut();
      else this.#socket.ping();
      return Promise.resolve();
    });
  }

  #keepChecked(): void {
    this.#repeat(this.#options.limits.streamRecheckMs, async () => {
      try {
        const principal = await this.#options.recheck();
        if (principal === undefined) this.end("sign-in-ended");
        else this.principal = principal;
      } catch (error) {
        // The store does not answer: a right that cannot be checked is not there.
        this.#options.log.warn("server.socket.recheck.failed", { error });
        this.end("sign-in-ended");
      }
    });
  }

  /** Runs again and again until the socket ends, each time `everyMs` after the time before was done. */
  #repeat(everyMs: number, run: () => Promise<void>): void {
    const { clock, log } = this.#options;
    const at = this.#timers.length;
    const runThenWait = async () => {
      await run();
      if (!this.signal.aborted) wait();
    };
    const wait = () => {
      this.#timers[at] = clock.after(everyMs, () => background(runThenWait(), "server.socket.timer", log));
    };
    wait();
  }

  #close(): Promise<void> {
    const socket = this.#socket;
    if (socket.readyState === socket.CLOSED) return Promise.resolve();
    const { clock, limits } = this.#options;
    return new Promise((resolve) => {
      const late = clock.after(limits.socketCloseMs, () => socket.terminate());
      socket.once("close", () => {
        late[Symbol.dispose]();
        resolve();
      });
      // What nobody reads any more is thrown away, so that the peer's own close is heard.
      socket.resume();
      socket.close(closeCodes[this.ending], this.ending);
    });
  }
}
