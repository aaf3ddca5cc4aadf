import { join } from "node:path";
import type { TrafficView } from "#apps/ports.ts";
import { boundFetch } from "#drivers/bound-fetch/bound-fetch.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import { liveGateways } from "#main/gateway/identity.ts";
import { createGatewayClient, type GatewayReach } from "#traffic/gateway-client.ts";
import { createTrafficService, type TrafficService } from "#traffic/observe/traffic-service.ts";

/** A gateway answers at once; a stream of requests may be silent for long. */
const idleMs = 3_600_000;

/** What the gateways of this machine see; `runFolder` is where they announce themselves, absent when there are none. */
export function openTrafficService(options: {
  readonly runFolder: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}): TrafficService & { readonly view: TrafficView } {
  const { runFolder, clock, log } = options;
  return createTrafficService({ gateways: createGatewayClient(reachOf(runFolder), clock), clock, log });
}

function reachOf(runFolder: string | undefined): GatewayReach {
  if (runFolder === undefined)
    return { list: () => [], fetch: () => Promise.reject(new Error("there are no gateways")) };
  return {
    list: () => liveGateways(runFolder).map(({ name, pid }) => ({ id: `${name}-${pid}` })),
    fetch: async ({ id }, path, init) => {
      // One connection for each request, as the socket's other side closes it.
      const { fetch } = boundFetch({ via: "unix-socket", path: join(runFolder, `${id}.sock`) }, { idleMs });
      return await fetch(`http://gateway${path}`, init);
    },
  };
}
