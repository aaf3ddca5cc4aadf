import { VdcError } from "#api/errors.ts";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import type { CatalogAdmin, DriveDetail } from "#objects/admin.ts";
import { drivesMax } from "#objects/limits.ts";
import type { DriveRecord } from "#objects/records.ts";
import type { CatalogProcess } from "./catalog-process.ts";
import { makeDrive, newDriveId } from "./make-store.ts";
import type { StoreDrive } from "./store-drives.ts";
import { DriveContents, storeNumbers } from "./store-numbers.ts";

interface Ports {
  readonly clock: Clock;
  readonly random: Random;
}

/** What is asked and ordered of single drives. */
export function driveAdmin(
  process: CatalogProcess,
  ports: Ports,
): Pick<CatalogAdmin, "drives" | "addDrive" | "setDrive" | "forgetDrive" | "drill" | "endDrill"> {
  const contents = new DriveContents(ports.clock);
  const driveOf = (number: number): StoreDrive => {
    const drive = process.drives?.get(number);
    if (drive === undefined) throw new VdcError("not-found", `the store has no drive ${number}`);
    return drive;
  };
  return {
    drives: async () =>
      await Promise.all(
        (process.drives?.all() ?? []).map(async (drive) => await detailOf(process, drive, contents)),
      ),
    addDrive: async ({ path }) => await addDrive(process, path, ports),
    setDrive: async ({ number, wanted }) => {
      process.requireOpen();
      await process.changeDrives({ put: { ...driveOf(number).record, wanted } });
    },
    forgetDrive: async ({ number, force }) => {
      const { record, condition } = driveOf(number);
      const isGivenUp = record.wanted !== "active" || condition.state === "missing";
      if (!force && (!isGivenUp || (process.isServing && storeNumbers(process.store).isNeeded(number))))
        throw new VdcError("in-use", `something may have its only copies on drive ${number}; drain it first`);
      await process.changeDrives({ forget: number });
    },
    drill: async ({ number, fault, seconds }) => {
      driveOf(number);
      process.drives?.setDrill(number, fault, ports.clock.now() + seconds * 1_000);
      process.tellFronts();
    },
    endDrill: async ({ number }) => {
      driveOf(number);
      process.drives?.setDrill(number, undefined);
      process.tellFronts();
    },
  };
}

async function detailOf(
  process: CatalogProcess,
  drive: StoreDrive,
  contents: DriveContents,
): Promise<DriveDetail> {
  const { record, condition, space, drill, errors } = drive;
  const { readLatencyMs, syncLatencyMs } = drive.disk.health();
  return {
    ...record,
    state: condition.state,
    ...(condition.reason === undefined ? {} : { reason: condition.reason }),
    since: condition.since,
    ...space,
    ...(await contents.of(drive)),
    missingShards: process.isServing ? storeNumbers(process.store).waitingOn(record.number) : 0,
    errors,
    ...(readLatencyMs === undefined ? {} : { readLatencyMs }),
    ...(syncLatencyMs === undefined ? {} : { syncLatencyMs }),
    ...(drill === undefined ? {} : { drill: { fault: drill.fault, until: drill.until } }),
  };
}

/** A path that is a drive already is answered with it: the call may have come twice. */
async function addDrive(
  process: CatalogProcess,
  path: string,
  { clock, random }: Ports,
): Promise<DriveRecord> {
  process.requireOpen();
  const { list } = process;
  const known = list?.drives.find((drive) => drive.path === path);
  if (known !== undefined) return known;
  if (list === undefined || list.drives.length >= drivesMax)
    throw new VdcError("invalid", `a store has at most ${drivesMax} drives`);
  const inside = list.drives.find(
    (drive) => path.startsWith(`${drive.path}/`) || drive.path.startsWith(`${path}/`),
  );
  if (inside !== undefined)
    throw new VdcError("invalid", `${path} and drive ${inside.number} lie inside each other`);
  const number = Math.max(-1, ...list.drives.map((drive) => drive.number), ...list.forgotten) + 1;
  const record = { number, id: newDriveId(random), path, wanted: "active", addedAt: clock.now() } as const;
  await makeDrive(list.storeId, record);
  await process.changeDrives({ put: record });
  return record;
}
