import type { Disk } from "#objects/disk.ts";
import { DiskError, diskErrorCode } from "./disk-error.ts";
import { temporaryFolder } from "./paths.ts";

/** Replaces a small file whole: after a crash there is the old one or the new one. */
export async function replaceFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  await disk.makeDirectory(temporaryFolder);
  const draft = `${temporaryFolder}/${path.replaceAll("/", "-")}.new`;
  try {
    await disk.unlink(draft);
  } catch (error) {
    if (diskErrorCode(error) !== "ENOENT") throw error;
  }
  const file = await disk.create(draft);
  try {
    await file.write(bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(draft, path);
  await disk.syncDirectory(temporaryFolder);
  await disk.syncDirectory(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
}

/** Undefined when it is not there. A file above `maxBytes` is not ours: EFBIG. */
export async function readWhole(disk: Disk, path: string, maxBytes: number): Promise<Buffer | undefined> {
  let file;
  try {
    file = await disk.open(path, "read");
  } catch (error) {
    if (diskErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    const size = await file.size();
    if (size > maxBytes) throw new DiskError("EFBIG", path);
    const bytes = Buffer.alloc(size);
    return bytes.subarray(0, await file.read(bytes, 0));
  } finally {
    await file.close();
  }
}
