import type { LiveRequest } from "#api/apps.ts";
import { background } from "#lib/background.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { AccessEntry } from "../gateway-api.ts";
import type { GatewayClient, GatewayHandle } from "../gateway-client.ts";
import { Broadcast } from "./broadcast.ts";
import type { WatchedApp } from "./live-samples.ts";

/** How often it is looked for gateways that started since. */
const lookEveryMs = 1_000;
/** People read no more; what comes beyond in one second is not shown. */
const maxPerSecond = 50;
const limits = { maxReaders: 64, maxWaiting: 200 };

/** Requests as they end, for those who look at an app. The gateways are asked once for each app, however many look. */
export class LiveRequests {
  readonly #options: { readonly gateways: GatewayClient; readonly clock: Clock; readonly log: Log };
  readonly #apps = new Map<string, FollowedApp>();

  constructor(options: { readonly gateways: GatewayClient; readonly clock: Clock; readonly log: Log }) {
    this.#options = options;
  }

  /** Throws `busy` when too many look. */
  read(app: WatchedApp, signal: AbortSignal): AsyncIterable<LiveRequest> {
    const key = `${app.project}/${app.name}`;
    const known = this.#apps.get(key);
    const followed = known ?? new FollowedApp(`${key}/`, this.#options);
    const stream = followed.requests.read([], signal, () => {
      if (followed.requests.readers > 0) return;
      followed.stop();
      if (this.#apps.get(key) === followed) this.#apps.delete(key);
    });
    if (known === undefined && followed.requests.readers > 0) {
      this.#apps.set(key, followed);
      background(followed.run(), "traffic.requests", this.#options.log);
    }
    return stream;
  }

  stop(): void {
    for (const followed of this.#apps.values()) followed.stop();
  }
}

class FollowedApp {
  readonly requests = new Broadcast<LiveRequest>(limits);
  readonly #prefix: string;
  readonly #options: { readonly gateways: GatewayClient; readonly clock: Clock; readonly log: Log };
  readonly #stopping = new AbortController();
  readonly #followed = new Set<string>();
  #second = 0;
  #inSecond = 0;

  constructor(
    prefix: string,
    options: { readonly gateways: GatewayClient; readonly clock: Clock; readonly log: Log },
  ) {
    this.#prefix = prefix;
    this.#options = options;
  }

  stop(): void {
    this.#stopping.abort();
  }

  async run(): Promise<void> {
    const { gateways, clock, log } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      for (const gateway of gateways.list()) {
        if (this.#followed.has(gateway.id)) continue;
        this.#followed.add(gateway.id);
        background(this.#follow(gateway), "traffic.requests", log);
      }
      await clock.sleep(lookEveryMs, signal).catch(() => undefined); // stopped: the condition sees it
    }
  }

  async #follow(gateway: GatewayHandle): Promise<void> {
    const { gateways, log } = this.#options;
    try {
      for await (const entry of gateways.requests(gateway, this.#prefix, this.#stopping.signal))
        this.#offer(entry);
    } catch (error) {
      // It ended, or we stopped; if it still runs, the next look follows it again.
      if (!this.#stopping.signal.aborted) log.debug("traffic.requests.cut", { gateway: gateway.id, error });
    } finally {
      this.#followed.delete(gateway.id);
    }
  }

  #offer(entry: AccessEntry): void {
    const second = Math.floor(this.#options.clock.monotonic() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    if (this.#inSecond <= maxPerSecond) this.requests.publish(shown(entry));
  }
}

function shown(entry: AccessEntry): LiveRequest {
  const { at, id, route = "", instance, client, protocol, method, host, path, status } = entry;
  const { totalMs, heldMs, responseBytes, ended } = entry;
  return {
    at,
    id,
    route,
    client,
    protocol,
    method,
    host,
    path,
    status,
    totalMs,
    heldMs,
    responseBytes,
    ...(instance === undefined ? {} : { instance }),
    ...(ended === undefined ? {} : { ended }),
  };
}
