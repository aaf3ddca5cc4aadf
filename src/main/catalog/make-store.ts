import { openDirectoryDisk } from "#drivers/disk/disk.ts";
import { VdcError } from "#api/errors.ts";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import { readIdentity, writeIdentity } from "#objects/drive/identity.ts";
import type { DriveRecord } from "#objects/records.ts";
import { initialPaths, readDriveList, writeDriveList, type DriveList } from "./drive-list.ts";
import { makeMasterKey } from "./master-key.ts";

/** What a file system puts into its root by itself. */
const harmlessNames: ReadonlySet<string> = new Set(["lost+found"]);

/** A random id of a store or a drive. */
export function newDriveId(random: Random): string {
  return Buffer.from(random.bytes(16)).toString("hex");
}

/**
 * The drives of the store that is here; the first time a store is made. When only the list of them is lost, they are found again by what they say of themselves.
 * Throws `VdcError` with what to do when the folders cannot be a store's.
 */
export async function findOrMakeStore(
  directory: DataDirectory,
  given: readonly string[],
  ports: { readonly clock: Clock; readonly random: Random },
): Promise<DriveList> {
  const { clock, random } = ports;
  const known = readDriveList(directory);
  if (known !== undefined && !known.isNew) return known;
  const list = known ?? (await findStore(directory, given, clock));
  if (list !== undefined && !list.isNew) return list;
  const fresh = list ?? newStore(initialPaths(directory, given), ports);
  if (list === undefined) makeMasterKey(directory, random);
  // The list first: after a crash in between it says that these identities are still to be written.
  writeDriveList(directory, fresh);
  for (const drive of fresh.drives) await makeDrive(fresh.storeId, drive);
  const made = { ...fresh, isNew: false };
  writeDriveList(directory, made);
  return made;
}

/** Writes the drive's identity. Throws `VdcError` when the folder is somebody else's. */
export async function makeDrive(storeId: string, { path, id, number }: DriveRecord): Promise<void> {
  const disk = openDirectoryDisk(path);
  const found = await readIdentity(disk).catch((error: unknown) => {
    throw new VdcError("unavailable", `${path} cannot be read`, { cause: error });
  });
  if (found === "unreadable")
    throw new VdcError(
      "in-use",
      `${path} holds a drive's identity that cannot be read; choose another folder`,
    );
  if (found !== "none") {
    if (found.storeId === storeId && found.driveId === id) return;
    throw new VdcError("in-use", `${path} is a drive already; choose another folder, or empty it`);
  }
  const names = (await listOf(disk, path)).filter((name) => !harmlessNames.has(name));
  // What a crash in the middle of writing an identity leaves.
  if (names.some((name) => name !== "tmp"))
    throw new VdcError("in-use", `${path} holds other files; a drive needs a folder of its own`);
  await writeIdentity(disk, { storeId, driveId: id, number });
}

async function listOf(disk: ReturnType<typeof openDirectoryDisk>, path: string): Promise<readonly string[]> {
  try {
    return await disk.list("");
  } catch (error) {
    throw new VdcError("unavailable", `${path} is not there, or is no folder: make it, or mount it first`, {
      cause: error,
    });
  }
}

function newStore(
  paths: readonly string[],
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): DriveList {
  const drives = paths.map((path, number) => ({
    number,
    id: newDriveId(random),
    path,
    wanted: "active" as const,
    addedAt: clock.now(),
  }));
  return { storeId: newDriveId(random), isNew: true, drives, forgotten: [] };
}

/** By the identities that lie in the folders. */
async function findStore(
  directory: DataDirectory,
  given: readonly string[],
  clock: Clock,
): Promise<DriveList | undefined> {
  const drives: DriveRecord[] = [];
  let storeId: string | undefined;
  for (const path of initialPaths(directory, given)) {
    const identity = await readIdentity(openDirectoryDisk(path)).catch(() => "none" as const);
    if (identity === "none" || identity === "unreadable") continue;
    storeId ??= identity.storeId;
    if (identity.storeId !== storeId) continue;
    drives.push({
      number: identity.number,
      id: identity.driveId,
      path,
      wanted: "active",
      addedAt: clock.now(),
    });
  }
  return storeId === undefined ? undefined : { storeId, isNew: false, drives, forgotten: [] };
}
