import type { LiveRequest, TrafficSample } from "#api/apps.ts";
import type { RouteAnswer } from "#api/route.ts";
import type { FixedRoutes } from "#api/routes.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { GatewayStatus } from "../gateway-api.ts";
import type { GatewayClient } from "../gateway-client.ts";
import { LiveRequests } from "./live-requests.ts";
import { LiveSamples, type WatchedApp } from "./live-samples.ts";
import { gatewayMetrics } from "./metrics-text.ts";
import { createTrafficView } from "./view.ts";

type ShownGateway = RouteAnswer<FixedRoutes["gateway.list"]>["items"][number];

/** What the gateways of this machine see, for everybody who asks. Nothing runs while nobody does. */
export interface TrafficService extends Disposable {
  /** The last minute as far as it was sampled, then a sample a second, until the signal aborts. Throws `busy`. */
  samples(app: WatchedApp, signal: AbortSignal): AsyncIterable<TrafficSample>;
  /** Requests as they end, at most 50 a second, until the signal aborts. Throws `busy`. */
  requests(app: WatchedApp, signal: AbortSignal): AsyncIterable<LiveRequest>;
  /** Processes that run and answer, in the order of their names. */
  gateways(signal: AbortSignal): Promise<readonly ShownGateway[]>;
  /** Prometheus text of all processes; empty when there are none. */
  metrics(signal: AbortSignal): Promise<string>;
  readonly view: ReturnType<typeof createTrafficView>;
}

export function createTrafficService(options: {
  readonly gateways: GatewayClient;
  readonly clock: Clock;
  readonly log: Log;
}): TrafficService {
  const { gateways } = options;
  const samples = new LiveSamples(options);
  const requests = new LiveRequests(options);
  const statuses = async (signal: AbortSignal) =>
    (await gateways.statuses(signal)).answers
      .map(({ status }) => status)
      .toSorted((a, b) => a.name.localeCompare(b.name) || a.pid - b.pid);
  return {
    samples: (app, signal) => samples.read(app, signal),
    requests: (app, signal) => requests.read(app, signal),
    gateways: async (signal) => (await statuses(signal)).map(shown),
    metrics: async (signal) => gatewayMetrics(await statuses(signal)),
    view: createTrafficView(gateways),
    [Symbol.dispose]: () => {
      samples.stop();
      requests.stop();
    },
  };
}

function shown(status: GatewayStatus): ShownGateway {
  const { name, pid, startedAt, snapshotVersion, snapshotError, draining, connections, listeners } = status;
  return {
    name,
    pid,
    startedAt,
    snapshotVersion,
    ...(snapshotError === undefined ? {} : { snapshotError }),
    draining,
    connections,
    listeners,
  };
}
