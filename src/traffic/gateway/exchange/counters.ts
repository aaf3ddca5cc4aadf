import type { GatewayStatus } from "../../gateway-api.ts";

/** Upper bounds of the latency classes, in milliseconds. */
export const latencyBoundsMs = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 3_600_000,
] as const;

/** Reasons of refusal that are told apart on one route, and on none. */
const maxRefusals = 64;

/** How often something was refused, by why. */
export class RefusalCounts {
  readonly #counts = new Map<string, number>();

  refused(why: string): void {
    if (this.#counts.size >= maxRefusals && !this.#counts.has(why)) return;
    this.#counts.set(why, (this.#counts.get(why) ?? 0) + 1);
  }

  all(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}

/** What one route has done since the gateway started. */
export class RouteCounters {
  requests = 0;
  held = 0;
  holding = 0;
  retries = 0;
  requestBytes = 0;
  responseBytes = 0;
  readonly #byClass = new Float64Array(6);
  readonly #latency = new Float64Array(latencyBoundsMs.length);
  readonly #refused = new RefusalCounts();

  ended(status: number, totalMs: number): void {
    const statusClass = (status / 100) | 0;
    this.#byClass[statusClass] = (this.#byClass[statusClass] ?? 0) + 1;
    let i = 0;
    while (i < latencyBoundsMs.length - 1 && totalMs > (latencyBoundsMs[i] ?? 0)) i++;
    this.#latency[i] = (this.#latency[i] ?? 0) + 1;
  }

  holdBegan(): void {
    this.held++;
    this.holding++;
  }

  holdEnded(): void {
    this.holding--;
  }

  refused(why: string): void {
    this.#refused.refused(why);
  }

  status(id: string): GatewayStatus["routes"][number] {
    return {
      id,
      requests: this.requests,
      status2xx: this.#byClass[2] ?? 0,
      status3xx: this.#byClass[3] ?? 0,
      status4xx: this.#byClass[4] ?? 0,
      status5xx: this.#byClass[5] ?? 0,
      refused: this.#refused.all(),
      held: this.held,
      holding: this.holding,
      retries: this.retries,
      requestBytes: this.requestBytes,
      responseBytes: this.responseBytes,
      latency: latencyBoundsMs.map((bound, i) => [bound, this.#latency[i] ?? 0]),
    };
  }
}
