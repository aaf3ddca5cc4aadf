import assert from "node:assert/strict";
import { join } from "node:path";
import { socketPath } from "#main/gateway/identity.ts";
import { callSocket } from "#main/supervisor/socket-call.ts";
import { gatewayStatusSchema, type GatewayStatus } from "#traffic/gateway-api.ts";
import type { StormCenter } from "./center.ts";

/** What the gateways that live say of themselves. */
export async function gatewayStatuses(storm: StormCenter): Promise<readonly GatewayStatus[]> {
  const folder = join(storm.center.directory, "run", "gateway");
  return await Promise.all(
    storm.gateways().map(async (gateway) => {
      const asked = { method: "GET", path: "/v1/status", withinMs: 5_000, who: gateway.name } as const;
      const answer = await callSocket(socketPath(folder, gateway), asked);
      return gatewayStatusSchema.parse(JSON.parse(answer?.body ?? "null"));
    }),
  );
}

/** Requests of an app that wait now, and that ever were refused, over all gateways. */
export async function holding(
  storm: StormCenter,
  app: string,
): Promise<{ readonly now: number; readonly refused: number }> {
  const statuses = await gatewayStatuses(storm);
  const routes = statuses.flatMap(({ routes: all }) =>
    all.filter(({ id }) => id.startsWith(`default/${app}`)),
  );
  const refused = routes.flatMap(({ refused: reasons }) => Object.values(reasons));
  return { now: sum(routes.map((route) => route.holding)), refused: sum(refused) };
}

/** Asks each gateway to start its own successor, as nobody else is there to do it. */
export async function succeedAll(storm: StormCenter): Promise<void> {
  const folder = join(storm.center.directory, "run", "gateway");
  for (const gateway of storm.gateways()) {
    const asked = { method: "POST", path: "/v1/succeed", withinMs: 30_000, who: gateway.name } as const;
    assert.equal((await callSocket(socketPath(folder, gateway), asked))?.status, 200);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}
