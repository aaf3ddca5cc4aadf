import {
  createReconcilerDriver,
  type DriverOptions,
  type ReconcilerDriver,
} from "#control/reconcile/driver.ts";
import type { SecretsHere, StatusHere } from "#incidents/control/ports.ts";
import { createIncidentsService } from "#incidents/control/service.ts";
import { createSubscriptionReconciler } from "#incidents/control/subscriptions.ts";
import { background } from "#lib/background.ts";
import type { ResourceStore } from "#store/store.ts";

/** What control does for the status process. */
export interface OpenedIncidents {
  readonly service: ReturnType<typeof createIncidentsService>;
  readonly drivers: readonly ReconcilerDriver[];
}

/** The status process misses control after five of these. */
const heartbeatMs = 1_000;

/** Starts what tells the status process who is to be told, and that control lives. */
export function startIncidents(
  options: {
    /** Absent where there is no status process. */
    readonly status: StatusHere | undefined;
    readonly resources: ResourceStore;
    readonly secrets: SecretsHere | undefined;
  },
  common: Omit<DriverOptions<unknown, unknown>, "reconciler" | "limits">,
  opening: AsyncDisposableStack,
): OpenedIncidents {
  const { status, resources, secrets } = options;
  const { random, clock, log } = common;
  const service = createIncidentsService({ status, resources });
  if (status === undefined) return { service, drivers: [] };
  const driver = createReconcilerDriver({
    ...common,
    reconciler: createSubscriptionReconciler({ resources, status, secrets, random }),
  });
  driver.start();
  const stopped = new AbortController();
  const beat = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      // It may start later than we do, and is restarted without us.
      await status.report({ from: "control", signals: [] }).catch(() => undefined);
      await clock.sleep(heartbeatMs, stopped.signal).catch(() => undefined);
    }
  };
  background(beat(), "control.heartbeat", log);
  opening.defer(async () => {
    stopped.abort();
    // One that ends in order is not missed.
    await status.leave("control").catch(() => undefined);
  });
  return { service, drivers: [driver] };
}
