import { createPoolReconciler } from "#burst/pool/reconciler.ts";
import { schedulerLimits } from "#burst/scheduler/limits.ts";
import type { Scheduler } from "#burst/scheduler/scheduler.ts";
import {
  createReconcilerDriver,
  type DriverOptions,
  type ReconcilerDriver,
} from "#control/reconcile/driver.ts";
import type { PostgresStore } from "#store/postgres/open.ts";

/** Starts what sizes pools of workers; it leads where the scheduler does, under the same lease. */
export function startPools(
  { store, scheduler }: { readonly store: PostgresStore; readonly scheduler: Scheduler },
  common: Omit<DriverOptions<unknown, unknown>, "reconciler" | "limits">,
  opening: AsyncDisposableStack,
): ReconcilerDriver {
  const { resources, events } = store;
  const reconciler = opening.use(
    createPoolReconciler({
      resources,
      events,
      view: (pool) => scheduler.pool(pool),
      clock: common.clock,
      wake: (key) => driver.wake(key),
    }),
  );
  const driver: ReconcilerDriver = createReconcilerDriver({
    ...common,
    reconciler,
    limits: { leaseTtlMs: schedulerLimits.leaseMs },
  });
  driver.start();
  return driver;
}
