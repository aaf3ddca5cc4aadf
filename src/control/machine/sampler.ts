import { VdcError } from "#api/errors.ts";
import type { MachineSample } from "#api/system.ts";
import { Ring } from "#lib/bounded.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { HostCounters, HostProbe } from "./host-probe.ts";
import { sampleBetween } from "./rates.ts";

/** Ten minutes, a sample a second. */
export const historySamples = 600;
export const sampleEveryMs = 1_000;
export const maxSubscribers = 64;
/** Samples that wait for a slow reader; beyond, the oldest go and are counted. */
export const maxWaitingSamples = 16;

/**
 * A sample of this host every second, watched or not: it costs 0.6 ms of CPU (measured, see README), and a viewer
 * who comes finds ten minutes without holes.
 */
export interface Sampler extends Disposable {
  start(): void;
  stop(): void;
  /** The last ten minutes, oldest first. */
  history(): readonly MachineSample[];
  /** Samples from now on, until the signal aborts or the sampler stops. `busy` when too many read. */
  stream(signal: AbortSignal): AsyncIterable<MachineSample>;
  /** Samples that slow readers lost. */
  readonly dropped: number;
}

export function createSampler(options: {
  readonly host: Pick<HostProbe, "sample">;
  readonly clock: Clock;
  readonly log: Log;
}): Sampler {
  return new HostSampler(options);
}

interface Subscriber {
  readonly waiting: MachineSample[];
  wake: () => void;
}

class HostSampler implements Sampler {
  readonly #options: Parameters<typeof createSampler>[0];
  readonly #history = new Ring<MachineSample>(historySamples);
  readonly #subscribers = new Set<Subscriber>();
  #last: HostCounters | undefined;
  #timer: Disposable | undefined;
  #dueMs = 0;
  #phase: "new" | "running" | "stopped" = "new";
  #dropped = 0;

  constructor(options: Parameters<typeof createSampler>[0]) {
    this.#options = options;
  }

  get dropped(): number {
    return this.#dropped;
  }

  start(): void {
    if (this.#phase !== "new") return;
    this.#phase = "running";
    this.#last = this.#options.host.sample();
    this.#dueMs = this.#options.clock.monotonic();
    this.#schedule();
  }

  stop(): void {
    this.#phase = "stopped";
    this.#timer?.[Symbol.dispose]();
    for (const subscriber of this.#subscribers) subscriber.wake();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  history(): readonly MachineSample[] {
    return this.#history.values();
  }

  stream(signal: AbortSignal): AsyncIterable<MachineSample> {
    if (this.#subscribers.size >= maxSubscribers)
      throw new VdcError("busy", `${maxSubscribers} viewers follow this machine already; that is the limit.`);
    const subscriber: Subscriber = { waiting: [], wake: () => undefined };
    this.#subscribers.add(subscriber);
    // From here and not from the first read on, so that a stream nobody reads does not keep its place.
    const leave = () => {
      this.#subscribers.delete(subscriber);
      subscriber.wake();
    };
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    return this.#read(subscriber, () => {
      signal.removeEventListener("abort", leave);
      leave();
    });
  }

  async *#read(subscriber: Subscriber, leave: () => void): AsyncGenerator<MachineSample> {
    try {
      while (this.#phase !== "stopped" && this.#subscribers.has(subscriber)) {
        const next = subscriber.waiting.shift();
        if (next !== undefined) {
          yield next;
          continue;
        }
        const { promise, resolve } = Promise.withResolvers<void>();
        subscriber.wake = resolve;
        await promise;
      }
    } finally {
      leave();
    }
  }

  #schedule(): void {
    const { clock } = this.#options;
    // On a grid, so that the time of a sample itself does not add up; after a pause the missed ones are not made up.
    const now = clock.monotonic();
    this.#dueMs = Math.max(this.#dueMs + sampleEveryMs, now);
    this.#timer = clock.after(this.#dueMs - now, () => this.#tick());
  }

  #tick(): void {
    if (this.#phase !== "running") return;
    const { host, log } = this.#options;
    try {
      const reading = host.sample();
      if (this.#last !== undefined) this.#give(sampleBetween(this.#last, reading));
      this.#last = reading;
    } catch (error) {
      log.warn("machine.sample.failed", { error }); // one second is missing; the next is tried
    }
    this.#schedule();
  }

  #give(sample: MachineSample): void {
    this.#history.push(sample);
    for (const { waiting, wake } of this.#subscribers) {
      waiting.push(sample);
      if (waiting.length > maxWaitingSamples) {
        waiting.shift();
        this.#dropped += 1;
      }
      wake();
    }
  }
}
