import { z } from "zod";
import type { Disk } from "#objects/disk.ts";
import { decodeCheckedJson, encodeCheckedJson } from "./checked-json.ts";
import { identityPath } from "./paths.ts";
import { readWhole, replaceFile } from "./whole-file.ts";

/** Says whose drive it is; lies at its root. */
export interface DriveIdentity {
  readonly storeId: string;
  readonly driveId: string;
  readonly number: number;
}

const identityShape = z.object({
  format: z.literal(1),
  storeId: z.string().min(1),
  driveId: z.string().min(1),
  number: z.int().min(0),
});
const identityMaxBytes = 4096;

/** `unreadable`: a file is there, but it is damaged or of a newer VDC. */
export type FoundIdentity = DriveIdentity | "none" | "unreadable";

export type IdentityVerdict =
  | { readonly state: "ok" }
  | { readonly state: "missing" | "wrong"; readonly reason: string };

/**
 * Whether the directory is the drive that it should be. `missing` may be an empty mount point: it must never be written as if it were the drive. A drive that is `stale`
 * is not seen here: the journal knows (`JournalError` of its opening).
 */
export function judgeIdentity(found: FoundIdentity, expected: DriveIdentity): IdentityVerdict {
  if (found === "none") return { state: "missing", reason: "its identity file is not there: is it mounted?" };
  if (found === "unreadable")
    return { state: "wrong", reason: "its identity file is damaged, or of a newer version" };
  if (found.storeId !== expected.storeId)
    return { state: "wrong", reason: "it belongs to another data center" };
  if (found.driveId !== expected.driveId || found.number !== expected.number)
    return { state: "wrong", reason: `this is drive ${found.number} of this data center: were two swapped?` };
  return { state: "ok" };
}

/** Throws the disk's error when it cannot be read; ENOENT of the file is `none`. */
export async function readIdentity(disk: Disk): Promise<FoundIdentity> {
  const bytes = await readWhole(disk, identityPath, identityMaxBytes);
  if (bytes === undefined) return "none";
  const read = identityShape.safeParse(decodeCheckedJson(bytes));
  if (!read.success) return "unreadable";
  const { storeId, driveId, number } = read.data;
  return { storeId, driveId, number };
}

/** Makes the directory a drive of the store. The caller has judged that it is nobody else's. */
export async function writeIdentity(disk: Disk, identity: DriveIdentity): Promise<void> {
  await replaceFile(disk, identityPath, encodeCheckedJson({ format: 1, ...identity }));
}
