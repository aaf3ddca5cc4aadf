import type { InstanceUsage } from "#api/apps.ts";
import { BoundedCache } from "#lib/bounded.ts";
import type { Clock } from "#lib/clock.ts";
import type { InstanceEngine } from "../engine.ts";
import type { Instance } from "../observed.ts";
import type { TrafficView } from "../ports.ts";

interface Reading {
  readonly cpuSeconds: number;
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly startedAt: number | undefined;
}

const maxReadings = 5_000;
/** An older reading says nothing about now. */
const readingMs = 60_000;
/** Two readings nearer than this measure noise. */
const minBetweenMs = 100;

/** What instances use. CPU is what was used since the reading before, which the first reading has not. */
export function createTop(options: {
  readonly engines: ReadonlyMap<string, InstanceEngine>;
  readonly traffic: TrafficView;
  readonly clock: Clock;
}): (instances: readonly Instance[], signal: AbortSignal) => Promise<readonly InstanceUsage[]> {
  const { engines, traffic, clock } = options;
  const readings = new BoundedCache<string, Reading>({
    maxEntries: maxReadings,
    ttlMs: readingMs,
    monotonic: () => clock.monotonic(),
  });
  return async (instances, signal) => {
    const seen = await traffic.instances(
      instances.map(({ id }) => id),
      signal,
    );
    return await Promise.all(
      instances.map(async ({ id, name, spec, status }): Promise<InstanceUsage> => {
        const held = await engines.get(spec.engine)?.observe(id);
        const usage = held?.usage;
        const cpuPercent = usage === undefined ? undefined : cpuOf(id, usage.cpuSeconds, held?.startedAt);
        const requests = seen.get(id);
        return {
          instance: name,
          component: spec.component,
          release: spec.release,
          phase: status.phase ?? "pending",
          ...(cpuPercent === undefined ? {} : { cpuPercent }),
          ...(usage === undefined ? {} : { memoryBytes: usage.memoryBytes, processes: usage.processes }),
          inFlight: requests?.inFlight ?? 0,
          requests: requests?.requests ?? 0,
          failures: requests?.failures ?? 0,
          restarts: held?.restarts ?? status.restarts ?? 0,
        };
      }),
    );
  };

  function cpuOf(id: string, cpuSeconds: number, startedAt: number | undefined): number | undefined {
    const at = clock.monotonic();
    const before = readings.get(id);
    const isSame = before !== undefined && before.startedAt === startedAt;
    if (isSame && at - before.at < minBetweenMs) return undefined;
    readings.set(id, { cpuSeconds, at, startedAt });
    if (!isSame) return undefined;
    const percent = ((cpuSeconds - before.cpuSeconds) * 1000 * 100) / (at - before.at);
    return Math.round(Math.max(0, percent) * 10) / 10;
  }
}
