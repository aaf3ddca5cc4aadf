import type { KindRegistry } from "#api/kinds.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { Auth } from "#control/auth/auth.ts";
import { createHousekeepingReconciler } from "#control/housekeeping/reconciler.ts";
import type { FactsCache } from "#control/machine/facts.ts";
import { createMachineReconciler } from "#control/machine/reconciler.ts";
import type { Metrics } from "#control/metrics.ts";
import { createOwnershipReconciler } from "#control/ownership/reconciler.ts";
import { createProjectReconciler } from "#control/project/reconciler.ts";
import { createReconcilerDriver, type ReconcilerDriver } from "#control/reconcile/driver.ts";
import type { Store } from "#store/store.ts";

/** Starts every reconciler of the house. Each leads when it gets its lease. */
export function startDrivers(options: {
  readonly store: Store;
  readonly kinds: KindRegistry;
  readonly holder: string;
  readonly auth: Auth;
  readonly metrics: Metrics;
  readonly facts: FactsCache;
  /** Name of this host's machine. */
  readonly machine: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): { readonly all: readonly ReconcilerDriver[]; readonly machine: ReconcilerDriver } {
  const { store, kinds, holder, auth, metrics, facts, clock, random, log } = options;
  const { resources, operations, events, feed, leases } = store;
  const common = { leases, feed, holder, clock, random, log, observer: metrics.passes };
  const machine = createReconcilerDriver({
    ...common,
    reconciler: createMachineReconciler({ resources, facts, name: options.machine }),
  });
  const housekeeping = createHousekeepingReconciler({
    feed,
    events,
    operations,
    leases,
    pruneCredentials: async () => await auth.prune(),
    observer: metrics.housekeeping,
  });
  const all = [
    createReconcilerDriver({
      ...common,
      reconciler: createProjectReconciler({ resources, operations, kinds, clock, random }),
    }),
    createReconcilerDriver({ ...common, reconciler: createOwnershipReconciler({ resources, kinds }) }),
    machine,
    createReconcilerDriver({ ...common, reconciler: housekeeping }),
  ];
  for (const driver of all) driver.start();
  return { all, machine };
}
