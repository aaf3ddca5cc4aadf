import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { TrustedKeys } from "../../packages/signature.ts";
import type { Sha256 } from "../../task.ts";
import { BurstWorker, type Pressure, type WorkerEvent } from "../burst-worker.ts";
import { measureSpeed } from "../calibration.ts";
import { SteadyPressure } from "../pressure.ts";
import { webThreadRunner, type WebThread } from "./web-threads.ts";
import { workerSocket, type WebSocketLike } from "./web-socket.ts";

/** What a page gives so that it can work for its user's project, with the user's consent. */
export interface BrowserWorkerOptions {
  readonly name: string;
  readonly slots: number;
  readonly memoryBytes: number;
  readonly project: string;
  /** Only for this job: the user's own. */
  readonly job?: string;
  readonly trusted: TrustedKeys;
  /** `new WebSocket(…)` to `/v1/burst/connect`. */
  openSocket(): WebSocketLike;
  /** `new Worker(…)` of a module that calls `serveKernelCalls(self)`. */
  makeThread(): WebThread;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  tell(event: WorkerEvent): void;
}

/**
 * A browser as a worker. It belongs into a dedicated worker of the page: timers of hidden pages are slowed down. The page tells it of `freeze` and `pagehide`
 * (`suspend`), of `resume` and `pageshow`, and of the states of a `PressureObserver` (`feel`).
 */
export class BrowserWorker {
  readonly #worker: BurstWorker;
  readonly #threads: ReturnType<typeof webThreadRunner>;
  readonly #options: BrowserWorkerOptions;
  readonly #steady = new SteadyPressure();
  #pressure: Pressure = "nominal";

  private constructor(
    options: BrowserWorkerOptions,
    threads: ReturnType<typeof webThreadRunner>,
    speed: number,
  ) {
    const { name, slots, memoryBytes, project, job, clock, random, log, trusted } = options;
    this.#options = options;
    this.#threads = threads;
    this.#worker = new BurstWorker(
      { name, kind: "browser", slots, memoryBytes, speed, project, ...(job === undefined ? {} : { job }) },
      {
        connect: async (signal) => await workerSocket(options.openSocket(), signal),
        fetch: async (url, init) => await fetch(url, { ...init, credentials: "omit" }),
        sha256: webSha256,
        clock,
        random,
        runners: { wasm: threads },
        trusted,
        pressure: () => this.#pressure,
        tell: (event) => options.tell(event),
        log,
      },
    );
  }

  /** Measures this machine first: some ten milliseconds. */
  static async make(options: BrowserWorkerOptions, signal: AbortSignal): Promise<BrowserWorker> {
    const threads = webThreadRunner(() => options.makeThread(), options.slots);
    return new BrowserWorker(options, threads, await measureSpeed(threads, options.clock, signal));
  }

  /** Works until it was drained, refused, or the signal aborts. */
  async run(signal: AbortSignal): ReturnType<BurstWorker["run"]> {
    try {
      return await this.#worker.run(signal);
    } finally {
      this.#threads.close();
    }
  }

  /** The lid closes: everything is given back, and nothing taken until `resume`. */
  async suspend(): Promise<void> {
    await this.#worker.suspend();
  }

  resume(): void {
    this.#worker.resume();
  }

  async drain(): Promise<void> {
    await this.#worker.drain();
  }

  /** A sample of the machine's pressure, by a `PressureObserver` or by how long frames take. */
  feel(pressure: Pressure): void {
    this.#pressure = this.#steady.sample(pressure, this.#options.clock.monotonic());
  }
}

/** SHA-256 by Web Crypto. */
export const webSha256: Sha256 = async (bytes) => {
  // Nothing here is shared memory, which is all that the type would exclude.
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
};
