import { VdcError } from "#api/errors.ts";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import type { Operations } from "#control/operations/operations.ts";
import type { AuditStore, EventStore, ResourceStore } from "#store/store.ts";
import { absentReason, type ObjectStoreHere } from "../ports.ts";

export interface ObjectsServiceOptions {
  readonly resources: ResourceStore;
  readonly audit: AuditStore;
  readonly events: EventStore;
  readonly operations: Operations;
  /** Absent where there is none. */
  readonly store: ObjectStoreHere | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** A thing of a project, as a route's path names it. */
export interface Named {
  readonly project: string;
  readonly name: string;
}

/** Throws `unavailable` with what to do. */
export function requireStore(store: ObjectStoreHere | undefined): ObjectStoreHere {
  if (store === undefined)
    throw new VdcError("unavailable", "There is no object store here.", { extra: { remedy: absentReason } });
  return store;
}
