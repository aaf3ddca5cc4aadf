import {
  createReconcilerDriver,
  type DriverOptions,
  type ReconcilerDriver,
} from "#control/reconcile/driver.ts";
import type { Operations } from "#control/operations/operations.ts";
import { createBucketReconciler } from "#objects/control/bucket/reconciler.ts";
import { createDriveReconciler } from "#objects/control/drive/reconciler.ts";
import { createKeyReconciler, type SecretsHere } from "#objects/control/key/reconciler.ts";
import type { ObjectStoreHere } from "#objects/control/ports.ts";
import { createObjectsService, type ObjectsService } from "#objects/control/service/service.ts";
import type { Store } from "#store/store.ts";

/** What control does for the object store. */
export interface OpenedObjects {
  readonly service: ObjectsService;
  readonly drivers: readonly ReconcilerDriver[];
}

/** Starts what keeps buckets, keys and drives what they should be; without an object store it says so in their status. */
export function startObjects(
  options: {
    readonly here: ObjectStoreHere | undefined;
    readonly store: Store;
    readonly operations: Operations;
    /** Absent where control has no place to keep secrets. */
    readonly secrets: SecretsHere | undefined;
  },
  common: Omit<DriverOptions<unknown, unknown>, "reconciler" | "limits">,
): OpenedObjects {
  const { here, store, operations, secrets } = options;
  const { resources, audit, events } = store;
  const { clock, random } = common;
  const shared = { resources, store: here, clock, random };
  const drivers = [
    createReconcilerDriver({ ...common, reconciler: createBucketReconciler(shared) }),
    createReconcilerDriver({ ...common, reconciler: createKeyReconciler({ ...shared, secrets }) }),
    createReconcilerDriver({ ...common, reconciler: createDriveReconciler(shared) }),
  ];
  for (const driver of drivers) driver.start();
  return { drivers, service: createObjectsService({ ...shared, audit, events, operations }) };
}
