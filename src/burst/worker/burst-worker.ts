import {
  protocolLimits,
  protocolVersion,
  type SchedulerMessage,
  type TaskLevel,
  type WorkerMessage,
} from "#api/burst-protocol.ts";
import { background } from "#lib/background.ts";
import { backoffMs } from "#lib/backoff.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { TrustedKeys } from "../packages/signature.ts";
import type { Sha256 } from "../task.ts";
import { Blobs } from "./blobs.ts";
import { workerLimits } from "./limits.ts";
import { Packages } from "./packages.ts";
import {
  WorkerRefused,
  type BlobFetch,
  type ShareBytes,
  type TaskRunners,
  type WorkerSocket,
} from "./ports.ts";
import { ResultOutbox } from "./result-outbox.ts";
import { readSchedulerMessage, SchedulerLink } from "./scheduler-link.ts";
import { TaskSlots } from "./task-slots.ts";

export type Pressure = Extract<WorkerMessage, { readonly type: "heartbeat" }>["pressure"];

/** Who this worker is; the same at every connection, so that the scheduler knows it again. */
export interface WorkerIdentity {
  readonly name: string;
  readonly kind: "threads" | "agent" | "browser";
  readonly slots: number;
  readonly memoryBytes: number;
  /** Reference cores of one slot (`calibrate.ts`). */
  readonly speed: number;
  readonly project?: string;
  readonly job?: string;
}

/** What happens, for a terminal, a log or a page. */
export type WorkerEvent =
  | { readonly type: "connected"; readonly worker: string; readonly trust: string }
  | { readonly type: "disconnected"; readonly reason: string; readonly retryInMs: number }
  | {
      readonly type: "finished";
      readonly outcome: "done" | "failed";
      readonly message?: string;
      readonly fn: string;
      /** As its graph states it, in milliseconds of the reference core. */
      readonly cost: number;
      /** Milliseconds that its function ran here; absent when it failed. */
      readonly elapsedMs?: number;
      /** Of its inputs and outputs. */
      readonly bytes: number;
    }
  | { readonly type: "draining" };

export interface WorkerPorts {
  connect(signal: AbortSignal): Promise<WorkerSocket>;
  readonly fetch: BlobFetch;
  readonly sha256: Sha256;
  /** Where inputs are kept; when absent, as they came. */
  readonly share?: ShareBytes;
  readonly clock: Clock;
  readonly random: Random;
  readonly runners: TaskRunners;
  readonly trusted: TrustedKeys;
  /** How busy the machine is with other things. */
  pressure(): Pressure;
  tell(event: WorkerEvent): void;
  readonly log: Log;
}

/** How a worker's life ended. */
export type WorkerEnd = { readonly type: "drained" } | { readonly type: "refused"; readonly reason: string };

const shareUnder: Readonly<Record<Pressure, number>> = { nominal: 1, fair: 1, serious: 0.5, critical: 0 };
const { maxBatch } = protocolLimits;
/** Looks so often whether a drain is over. */
const drainPollMs = 25;

/** A worker, wherever it runs: dials out, asks for leases, performs them, tells the outcomes, and begins again when the connection breaks. */
export class BurstWorker {
  readonly #identity: WorkerIdentity;
  readonly #ports: WorkerPorts;
  readonly #link: SchedulerLink;
  readonly #outbox: ResultOutbox;
  readonly #blobs: Blobs;
  readonly #slots: TaskSlots;
  readonly #closing = new AbortController();
  #isDraining = false;
  #isWelcome = false;
  #wanted = 0;
  #socket: WorkerSocket | undefined;
  #drained: Promise<void> | undefined;
  /** While it is suspended. */
  #rest: PromiseWithResolvers<void> | undefined;

  constructor(identity: WorkerIdentity, ports: WorkerPorts) {
    this.#identity = identity;
    this.#ports = ports;
    this.#link = new SchedulerLink(ports.clock);
    this.#outbox = new ResultOutbox(this.#link);
    const { cacheShare, maxCacheBytes } = workerLimits;
    const cacheBytes = Math.min(identity.memoryBytes * cacheShare, maxCacheBytes);
    this.#blobs = new Blobs({ ...ports, link: this.#link }, cacheBytes);
    this.#slots = new TaskSlots({
      slots: identity.slots,
      memoryBytes: identity.memoryBytes,
      runners: ports.runners,
      packages: new Packages({ ...ports, link: this.#link }, this.#closing.signal),
      blobs: this.#blobs,
      clock: ports.clock,
      log: ports.log,
      report: (result, { fn, cost, inputs }) => {
        this.#outbox.push(result);
        const { outcome } = result;
        const how = outcome === "failed" ? { message: result.message } : { elapsedMs: result.elapsedMs };
        const outputs = outcome === "done" ? result.outputs : [];
        const bytes = [...inputs, ...outputs].reduce((sum, blob) => sum + blob.bytes, 0);
        ports.tell({ type: "finished", outcome, fn, cost, bytes, ...how });
      },
      changed: () => this.#changed(),
    });
  }

  /** Works until it was drained, refused, or `signal` aborts: then everything stops at once. */
  async run(signal: AbortSignal): Promise<WorkerEnd> {
    const stop = () => this.#closing.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    try {
      return await this.#connectAgainAndAgain();
    } catch (error) {
      if (this.#isDraining) return { type: "drained" };
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
      this.#closing.abort();
      this.#slots.giveUpAll();
      this.#socket?.close();
    }
  }

  /** Takes nothing new, finishes what runs within ten seconds, gives the rest back, and ends. */
  async drain(): Promise<void> {
    this.#drained ??= this.#drain();
    await this.#drained;
  }

  /** The page is frozen or goes away: everything is given back while there is time to say so. Nothing new is taken until `resume`: nobody might be there to do it. */
  async suspend(): Promise<void> {
    this.#rest ??= Promise.withResolvers();
    await this.#giveBack(this.#slots.giveUpAll());
    this.#socket?.close();
  }

  /** The page is back. */
  resume(): void {
    this.#rest?.resolve();
    this.#rest = undefined;
  }

  async #connectAgainAndAgain(): Promise<WorkerEnd> {
    const { clock, random } = this.#ports;
    const { signal } = this.#closing;
    for (let attempt = 0; ; attempt += 1) {
      let reason = "the scheduler cannot be reached";
      try {
        const socket = await this.#ports.connect(signal);
        reason = await this.#serve(socket);
        if (this.#isDraining) return { type: "drained" };
        if (this.#isWelcome) attempt = 0;
      } catch (error) {
        if (error instanceof WorkerRefused) return { type: "refused", reason: error.message };
        signal.throwIfAborted();
      }
      const retryInMs = backoffMs(attempt, workerLimits.reconnect, random);
      this.#ports.tell({ type: "disconnected", reason, retryInMs: Math.round(retryInMs) });
      await clock.sleep(retryInMs, signal);
      await this.#rested(signal);
    }
  }

  async #rested(signal: AbortSignal): Promise<void> {
    const rest = this.#rest;
    if (rest === undefined) return;
    signal.addEventListener("abort", () => rest.resolve(), { once: true });
    await rest.promise;
    signal.throwIfAborted();
  }

  /** One connection, from hello to its end; answers why it ended. */
  async #serve(socket: WorkerSocket): Promise<string> {
    this.#socket = socket;
    this.#isWelcome = false;
    this.#wanted = 0;
    this.#link.attach(socket);
    const close = () => socket.close();
    this.#closing.signal.addEventListener("abort", close, { once: true });
    try {
      await this.#hello();
      for await (const raw of socket.messages) {
        const message = readSchedulerMessage(raw);
        if (message !== undefined) await this.#take(message);
      }
      return socket.ending()?.reason || "the connection broke";
    } finally {
      this.#closing.signal.removeEventListener("abort", close);
      this.#link.detach();
      this.#socket = undefined;
      socket.close();
      // What did not start is somebody else's soon; what runs goes on, and is told at the next connection.
      this.#slots.useShare(0);
    }
  }

  async #hello(): Promise<void> {
    const { runners } = this.#ports;
    // The keys of a record of levels are levels.
    const levels = Object.keys(runners) as TaskLevel[];
    await this.#link.send({
      type: "hello",
      version: protocolVersion,
      ...this.#identity,
      levels,
      holds: this.#blobs.holds(),
    });
  }

  async #take(message: SchedulerMessage): Promise<void> {
    if (this.#link.settle(message)) return;
    switch (message.type) {
      case "welcome":
        this.#isWelcome = true;
        this.#ports.tell({ type: "connected", worker: message.worker, trust: message.trust });
        this.#beat(message.heartbeatMs, this.#socket);
        this.#changed();
        break;
      case "leases":
        this.#wanted = Math.max(0, this.#wanted - message.leases.length);
        await this.#giveBack(this.#slots.accept(message.leases));
        this.#changed();
        break;
      case "revoke":
        this.#slots.stop(message.leases);
        break;
      case "drain":
        this.#drained ??= this.#drain(); // `run` ends with it
        break;
      case "refused":
        throw new WorkerRefused(message.reason);
      case "addresses":
      case "package":
        break; // taken by the link
    }
  }

  /** Heartbeats as long as this connection lives, each with a look at the pressure. */
  #beat(everyMs: number, socket: WorkerSocket | undefined): void {
    if (socket === undefined || socket !== this.#socket) return;
    const { clock, log } = this.#ports;
    background(this.#tellHealth(), "worker.heartbeat", log);
    const dueMs = clock.now() + everyMs;
    clock.after(everyMs, () => {
      // This machine slept: nobody tells it whether the connection did not survive that, so it is made anew.
      if (clock.now() - dueMs > workerLimits.sleptMs) socket.close();
      else this.#beat(everyMs, socket);
    });
  }

  async #tellHealth(): Promise<void> {
    const pressure = this.#ports.pressure();
    await this.#giveBack(this.#slots.useShare(this.#isDraining ? 0 : shareUnder[pressure]));
    const running = this.#slots.running().slice(0, maxBatch);
    await this.#link.send({ type: "heartbeat", running, pressure });
    this.#changed();
  }

  /** Something ended, or there is room: results leave, and more is asked for. */
  #changed(): void {
    if (!this.#isWelcome) return;
    const { log } = this.#ports;
    background(this.#outbox.flush(), "worker.results", log);
    const room = this.#isDraining ? 0 : Math.min(this.#slots.room, maxBatch);
    if (room === this.#wanted) return;
    // A little more than what was asked for already, and has not come, is worth no message.
    if (room > this.#wanted && room - this.#wanted < room / 4) return;
    this.#wanted = room;
    background(this.#link.send({ type: "want", leases: room }), "worker.want", log);
  }

  async #giveBack(leases: readonly string[]): Promise<void> {
    for (let at = 0; at < leases.length; at += maxBatch)
      await this.#link.send({ type: "return", leases: leases.slice(at, at + maxBatch) });
  }

  async #drain(): Promise<void> {
    const { clock } = this.#ports;
    this.#isDraining = true;
    this.#ports.tell({ type: "draining" });
    await this.#giveBack(this.#slots.useShare(0));
    const until = clock.monotonic() + workerLimits.drainMs;
    while ((this.#slots.held > 0 || !this.#outbox.isEmpty) && clock.monotonic() < until) {
      if (this.#socket === undefined) break; // nobody to finish for
      await clock.sleep(drainPollMs);
    }
    await this.#giveBack(this.#slots.giveUpAll());
    this.#socket?.close();
    if (this.#socket === undefined) this.#closing.abort();
  }
}
