import { driveSpecSchema } from "#api/kinds/drive.ts";
import { VdcError } from "#api/errors.ts";
import { unreachable } from "#lib/assert.ts";
import type { Clock } from "#lib/clock.ts";
import { listAll } from "#control/reconcile/list-all.ts";
import type { ActContext, Reconciler } from "#control/reconcile/reconciler.ts";
import { writeStatus } from "#control/reconcile/write-status.ts";
import type { ResourceStore } from "#store/store.ts";
import type { CatalogAdmin } from "../../admin.ts";
import { drivesMax } from "../../limits.ts";
import { S3Error } from "../../s3-error.ts";
import { finalize } from "../finalize.ts";
import type { Drive, ObjectStoreHere } from "../ports.ts";
import { Refusals } from "../refusals.ts";
import { planDrives, type DriveAction, type DrivesObserved } from "./plan.ts";

export interface DriveReconcilerOptions {
  readonly resources: ResourceStore;
  /** Absent where there is none. */
  readonly store: ObjectStoreHere | undefined;
  readonly clock: Clock;
}

/** How late a drive's state is in its resource. */
const everyMs = 5_000;
const onlyKey = "drives";

/** Keeps the store's drives and drive resources the same. */
export function createDriveReconciler(
  options: DriveReconcilerOptions,
): Reconciler<DrivesObserved, DriveAction> {
  const refusals = new Refusals(options.clock);
  return {
    name: "drive",
    watches: ["drive"],
    everyMs,
    keysOf: () => [onlyKey],
    keys: async () => await Promise.resolve([onlyKey]),
    observe: async (_, signal) => await observe(options, refusals, signal),
    plan: planDrives,
    act: async (action, context) => await act(action, options, refusals, context),
    describe: {
      observed: ({ resources, drives }) =>
        `${resources.length} drive resources, ${drives?.length ?? 0} drives`,
      action: (action) => `${action.do} ${action.do === "import" ? action.name : action.drive.name}`,
    },
  };
}

async function observe(
  { resources, store }: DriveReconcilerOptions,
  refusals: Refusals,
  signal: AbortSignal,
): Promise<DrivesObserved> {
  const found: Drive[] = [];
  for await (const one of listAll(resources, { kind: "drive" }, { max: drivesMax, signal }))
    found.push(one as Drive); // the store holds what the kind's schema let in
  const refused = new Map<string, string>();
  for (const { id } of found) {
    const reason = refusals.reason(id);
    if (reason !== undefined) refused.set(id, reason);
  }
  const drives = await store?.catalog.drives({});
  // A store has a drive; it is being opened. To believe the answer would be to forget all of them.
  if (drives?.length === 0) throw new VdcError("unavailable", "The object store is being opened.");
  return { resources: found, refusals: refused, ...(drives === undefined ? {} : { drives }) };
}

async function act(
  action: DriveAction,
  { resources, store }: DriveReconcilerOptions,
  refusals: Refusals,
  context: ActContext,
): Promise<"again" | void> {
  const { by, fence } = context;
  switch (action.do) {
    case "write-status":
      return await writeStatus(resources, action.drive, action.status, { by, fence });
    case "finalize":
      return await finalize(resources, action.drive, context);
    case "import": {
      const { detail, name } = action;
      const spec = driveSpecSchema.parse({ path: detail.path, wanted: detail.wanted });
      try {
        const wanted = { kind: "drive", name, labels: {}, spec };
        await resources.apply(wanted, { by, fence, ifRevision: "absent" });
      } catch (error) {
        // Somebody took the name: the next pass finds another.
        if (!(error instanceof VdcError && error.code === "precondition-failed")) throw error;
      }
      return "again";
    }
    case "add":
    case "set":
    case "forget":
      if (store === undefined) return undefined;
      try {
        await actOnStore(action, store.catalog);
      } catch (error) {
        const reason = refusalOf(error);
        if (reason === undefined) throw error;
        refusals.note(action.drive.id, reason);
      }
      return "again";
    default:
      return unreachable(action);
  }
}

async function actOnStore(
  action: Extract<DriveAction, { do: "add" | "set" | "forget" }>,
  catalog: CatalogAdmin,
): Promise<void> {
  if (action.do === "add") await catalog.addDrive({ path: action.drive.spec.path });
  else if (action.do === "set") await catalog.setDrive({ number: action.number, wanted: action.wanted });
  else await catalog.forgetDrive({ number: action.number, force: false });
}

/** What the store refuses in words for people; a failure of ours is the pass's. */
function refusalOf(error: unknown): string | undefined {
  if (error instanceof S3Error && error.status < 500) return error.message;
  if (error instanceof VdcError && error.status < 500) return error.message;
  return undefined;
}
