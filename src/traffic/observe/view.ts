import type { GatewayClient, GatewayStatuses } from "../gateway-client.ts";

/** What the gateways know of one instance. Fits `InstanceTraffic` of src/apps/ports.ts, which src/main checks. */
export interface ObservedInstance {
  /** Every gateway has stopped giving it new requests. */
  readonly draining: boolean;
  readonly inFlight: number;
  readonly upgraded: number;
  readonly requests: number;
  readonly failures: number;
}

/** Facts of instances, asked of the gateways at the moment. */
export function createTrafficView(gateways: GatewayClient): {
  instances(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, ObservedInstance>>;
} {
  return {
    instances: async (ids, signal) => observe(ids, await gateways.statuses(signal)),
  };
}

/**
 * Sums over all processes. A gateway that gives way to its successor counts like any other: clients may still send a request on a
 * connection that they have to it. One that runs and is silent may do anything, so nothing is drained while there is one.
 */
export function observe(
  ids: readonly string[],
  { answers, silent }: GatewayStatuses,
): ReadonlyMap<string, ObservedInstance> {
  const wanted = new Set(ids);
  const active = new Set<string>();
  const sums = new Map<string, Omit<ObservedInstance, "draining">>();
  for (const { status } of answers) {
    for (const member of status.members) {
      if (!wanted.has(member.id)) continue;
      if (member.state === "active") active.add(member.id);
      const sum = sums.get(member.id);
      sums.set(member.id, {
        inFlight: (sum?.inFlight ?? 0) + member.inFlight,
        upgraded: (sum?.upgraded ?? 0) + member.upgraded,
        requests: (sum?.requests ?? 0) + member.requests,
        failures: (sum?.failures ?? 0) + member.failures,
      });
    }
  }
  return new Map(
    ids.map((id) => [id, { ...nothing, ...sums.get(id), draining: silent.length === 0 && !active.has(id) }]),
  );
}

const nothing = { inFlight: 0, upgraded: 0, requests: 0, failures: 0 };
