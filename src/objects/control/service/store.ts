import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { DriveDetailView, StoreStatusView } from "#api/objects.ts";
import type { Operation } from "#api/records.ts";
import { isoTime } from "#lib/clock.ts";
import type { DrillFault, DriveDetail, StoreStatus, WorkKind, WorkView } from "../../admin.ts";
import { headroomBytes } from "../../care/drive-state.ts";
import { absentReason, type Drive, type ObjectStoreHere } from "../ports.ts";
import { requireStore, type ObjectsServiceOptions } from "./base.ts";
import { told } from "./told.ts";
import { startWork } from "./work.ts";

const maxDriveResources = 500;

/** The store as a whole, and its drives. */
export function storeService(options: ObjectsServiceOptions) {
  const { store } = options;
  return {
    status: async (): Promise<StoreStatusView> => {
      if (store === undefined) return { phase: "absent", reason: absentReason };
      return await statusOf(store);
    },
    drives: async (): Promise<DriveDetailView[]> => {
      const drives = await told(requireStore(store).catalog.drives({}));
      const names = await namesByNumber(options);
      return drives.map((drive) => driveView(drive, names.get(drive.number)));
    },
    work: async (work: WorkKind, by: Attribution): Promise<Operation> =>
      await startWork(work, by, { ...options, catalog: requireStore(store).catalog }),
    drill: async (
      name: string,
      request: { readonly fault: DrillFault; readonly seconds: number },
      by: Attribution,
    ): Promise<void> => {
      const { catalog } = requireStore(store);
      const drive = await requireDrive(options, name);
      const detail = { fault: request.fault, seconds: request.seconds };
      // On record before anything fails on purpose.
      await options.audit.append([
        { ...by, verb: "drill", target: targetOf(drive), outcome: "done", detail },
      ]);
      await told(catalog.drill({ number: drive.number, ...request }));
    },
    endDrill: async (name: string, by: Attribution): Promise<void> => {
      const { catalog } = requireStore(store);
      const drive = await requireDrive(options, name);
      await told(catalog.endDrill({ number: drive.number }));
      await options.audit.append([{ ...by, verb: "end-drill", target: targetOf(drive), outcome: "done" }]);
    },
  };
}

/** A store that does not answer is a fact about it, and no failure of the question. */
async function statusOf({ catalog, endpoint, region }: ObjectStoreHere): Promise<StoreStatusView> {
  try {
    const [status, work] = await told(Promise.all([catalog.status({}), catalog.work({})]));
    return { ...statusView(status), endpoint, region, work: work.map(workView) };
  } catch (error) {
    if (!(error instanceof VdcError && error.code === "unavailable")) throw error;
    const reason = "Its catalog does not answer; `vdc status` says what became of it.";
    return { phase: "holding", reason, endpoint, region };
  }
}

function statusView(status: StoreStatus): Omit<StoreStatusView, "endpoint" | "region" | "work"> {
  const {
    phase,
    reason,
    layout,
    margin,
    objects,
    bytes,
    buckets,
    repairQueue,
    garbageBytes,
    journal,
    counters,
  } = status;
  return {
    phase,
    ...(reason === undefined ? {} : { reason }),
    layout: { k: layout.k, m: layout.m, copies: layout.copies },
    margin,
    objects,
    bytes,
    buckets,
    repairQueue,
    garbageBytes,
    journal: { segments: journal.segments, bytes: journal.bytes },
    counters: { ...counters },
  };
}

function workView(view: WorkView): NonNullable<StoreStatusView["work"]>[number] {
  const { id, work, drive, state, startedAt, doneItems, totalItems, doneBytes, totalBytes, message } = view;
  return {
    id,
    work,
    ...(drive === undefined ? {} : { drive }),
    state,
    startedAt: isoTime(startedAt),
    doneItems,
    totalItems,
    doneBytes,
    totalBytes,
    ...(message === undefined ? {} : { message }),
  };
}

function driveView(drive: DriveDetail, name: string | undefined): DriveDetailView {
  const { reason, readLatencyMs, syncLatencyMs, drill, since } = drive;
  const { number, path, state, wanted, totalBytes, freeBytes, usedBytes } = drive;
  const { shards, segments, missingShards, errors } = drive;
  return {
    number,
    ...(name === undefined ? {} : { name }),
    path,
    state,
    wanted,
    ...(reason === undefined ? {} : { reason }),
    since: isoTime(since),
    totalBytes,
    freeBytes,
    usedBytes,
    headroomBytes: Math.round(headroomBytes(totalBytes)),
    shards,
    segments,
    missingShards,
    errors,
    ...(readLatencyMs === undefined ? {} : { readLatencyMs }),
    ...(syncLatencyMs === undefined ? {} : { syncLatencyMs }),
    ...(drill === undefined ? {} : { drill: { fault: drill.fault, until: isoTime(drill.until) } }),
  };
}

async function namesByNumber({
  resources,
}: Pick<ObjectsServiceOptions, "resources">): Promise<ReadonlyMap<number, string>> {
  const { items } = await resources.list({ kind: "drive", limit: maxDriveResources });
  const drives = items as readonly Drive[]; // the store holds what the kind's schema let in
  return new Map(
    drives.flatMap(({ name, status }) => (status.number === undefined ? [] : [[status.number, name]])),
  );
}

async function requireDrive(
  { resources }: Pick<ObjectsServiceOptions, "resources">,
  name: string,
): Promise<{ readonly name: string; readonly id: string; readonly number: number }> {
  // The store holds what the kind's schema let in.
  const drive = (await resources.get({ kind: "drive", name })) as Drive | undefined;
  if (drive === undefined) throw new VdcError("not-found", `There is no drive '${name}'.`);
  const { number } = drive.status;
  if (number === undefined)
    throw new VdcError(
      "unavailable",
      `Drive ${name} is not in the store: ${drive.status.phase ?? "pending"}.`,
    );
  return { name, id: drive.id, number };
}

function targetOf({ name, id }: { readonly name: string; readonly id: string }) {
  return { kind: "drive", name, id };
}
