import type { TrafficSample } from "#api/apps.ts";
import { VdcError } from "#api/errors.ts";
import { background } from "#lib/background.ts";
import { Ring } from "#lib/bounded.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { GatewayClient } from "../gateway-client.ts";
import { Broadcast } from "./broadcast.ts";
import { readingOf, sampleBetween, type Reading } from "./sample.ts";

/** The app that is looked at. */
export interface WatchedApp {
  readonly project: string;
  readonly name: string;
}

const everyMs = 1_000;
/** A minute of samples, and how long an app is sampled on when nobody looks at it any more: people come back. */
const historySamples = 60;
const lingerMs = 60_000;
const limits = { maxApps: 200, maxReaders: 64, maxWaiting: historySamples + 16 };

interface Watch {
  readonly app: WatchedApp;
  readonly history: Ring<TrafficSample>;
  readonly samples: Broadcast<TrafficSample>;
  /** When its last reader left, on the monotonic clock. */
  leftAt: number;
}

/** A sample of traffic a second for each app that somebody looks at. The gateways are asked once for all, and not at all when nobody does. */
export class LiveSamples {
  readonly #options: { readonly gateways: GatewayClient; readonly clock: Clock; readonly log: Log };
  readonly #watches = new Map<string, Watch>();
  readonly #stopping = new AbortController();
  #isRunning = false;

  constructor(options: { readonly gateways: GatewayClient; readonly clock: Clock; readonly log: Log }) {
    this.#options = options;
  }

  /** The last minute as far as it was sampled, then a sample a second. Throws `busy` when too many look. */
  read(app: WatchedApp, signal: AbortSignal): AsyncIterable<TrafficSample> {
    const watch = this.#watch(app);
    const stream = watch.samples.read(watch.history.values(), signal, () => {
      watch.leftAt = this.#options.clock.monotonic();
    });
    if (!this.#isRunning) background(this.#run(), "traffic.samples", this.#options.log);
    return stream;
  }

  stop(): void {
    this.#stopping.abort();
  }

  #watch(app: WatchedApp): Watch {
    const key = `${app.project}/${app.name}`;
    const known = this.#watches.get(key);
    if (known !== undefined) return known;
    if (this.#watches.size >= limits.maxApps)
      throw new VdcError("busy", `The traffic of ${limits.maxApps} apps is looked at; that is the limit.`);
    const watch = {
      app,
      history: new Ring<TrafficSample>(historySamples),
      samples: new Broadcast<TrafficSample>(limits),
      leftAt: 0,
    };
    this.#watches.set(key, watch);
    return watch;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    this.#isRunning = true;
    try {
      let last = await this.#look();
      let due = clock.monotonic() + everyMs;
      while (this.#watches.size > 0) {
        await clock.sleep(Math.max(0, due - clock.monotonic()), signal).catch(() => undefined); // stopped: seen below
        if (signal.aborted) break;
        due = Math.max(due + everyMs, clock.monotonic());
        const now = await this.#look();
        this.#publish(last, now);
        last = now;
      }
    } finally {
      this.#isRunning = false;
    }
  }

  async #look(): Promise<Reading> {
    const { gateways, clock } = this.#options;
    const statuses = await gateways.statuses(this.#stopping.signal);
    return readingOf(statuses, { at: clock.now(), monotonic: clock.monotonic() });
  }

  #publish(last: Reading, now: Reading): void {
    for (const [key, watch] of this.#watches) {
      if (watch.samples.readers === 0 && now.monotonic - watch.leftAt > lingerMs) {
        this.#watches.delete(key);
        continue;
      }
      const sample = sampleBetween(last, now, watch.app);
      watch.history.push(sample);
      watch.samples.publish(sample);
    }
  }
}
