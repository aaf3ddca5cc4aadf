import type { Clock } from "#lib/clock.ts";
import type { HostFacts, HostProbe } from "./host-probe.ts";

/** What the last probe found. A probe runs programs and costs a third of a second of CPU, so it is shared and reused. */
export interface FactsCache {
  /** Facts no older than `maxAgeMs`; those who ask during a probe share it. */
  read(maxAgeMs: number, signal: AbortSignal): Promise<HostFacts>;
  /** Looks at one group anew. */
  lookAt(group: HostProbe["groups"][number], signal: AbortSignal): Promise<void>;
}

export function createFactsCache(options: { readonly host: HostProbe; readonly clock: Clock }): FactsCache {
  const { host, clock } = options;
  const found = new Map<string, { readonly facts: HostFacts; readonly atMs: number }>();

  const lookAt: FactsCache["lookAt"] = async (group, signal) => {
    const facts = await group.look(signal);
    found.set(group.name, { facts, atMs: clock.monotonic() });
  };
  return {
    lookAt,
    read: async (maxAgeMs, signal) => {
      const oldestMs = clock.monotonic() - maxAgeMs;
      const stale = host.groups.filter((group) => (found.get(group.name)?.atMs ?? -Infinity) < oldestMs);
      for (const group of stale) await lookAt(group, signal);
      return Object.assign({}, ...host.groups.map((group) => found.get(group.name)?.facts)) as HostFacts; // parts of one
    },
  };
}
