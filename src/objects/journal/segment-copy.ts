import type { Disk, DiskFile } from "#objects/disk.ts";
import { diskErrorCode } from "#objects/drive/disk-error.ts";
import { journalFolder, quarantineFolder, segmentPath } from "#objects/drive/paths.ts";

/** One drive's copy of the open segment: writes in order, one sync for all that waits. */
export class SegmentCopy {
  readonly drive: number;
  readonly #file: DiskFile;
  readonly #onChange: (copy: SegmentCopy) => void;
  #queue: { readonly bytes: Uint8Array; readonly at: number }[] = [];
  #running: Promise<void> | undefined;
  /** All bytes before this are durable. */
  syncedTo: number;
  /** Why it is no longer written. Its file is never trusted again without being read. */
  failure: unknown;

  constructor(drive: number, file: DiskFile, begin: number, onChange: (copy: SegmentCopy) => void) {
    this.drive = drive;
    this.#file = file;
    this.syncedTo = begin;
    this.#onChange = onChange;
  }

  get isLive(): boolean {
    return this.failure === undefined;
  }

  push(bytes: Uint8Array, at: number): void {
    if (!this.isLive) return;
    this.#queue.push({ bytes, at });
    this.#running ??= this.#run();
  }

  giveUp(why: unknown): void {
    if (!this.isLive) return;
    this.failure = why;
    this.#queue = [];
    this.#onChange(this);
  }

  /** Never fails: a failure is the copy's state. */
  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      try {
        let end = this.syncedTo;
        for (const { bytes, at } of batch) {
          await this.#file.write(bytes, at);
          end = at + bytes.byteLength;
        }
        await this.#file.sync();
        if (this.isLive) this.syncedTo = end;
      } catch (error) {
        this.giveUp(error);
      }
      this.#onChange(this);
    }
    this.#running = undefined;
  }

  /** Ends the copy at `length` with a seal, when it is whole. Whether it is. */
  async finish(length: number, seal: Uint8Array): Promise<boolean> {
    await this.#running;
    const isWhole = this.isLive && this.syncedTo >= length;
    try {
      if (isWhole) {
        await this.#file.write(seal, length);
        await this.#file.sync();
      }
    } catch {
      // The seal only spares a reading; what it says is true without it.
    }
    try {
      await this.#file.close();
    } catch {
      // Nothing that counts was left in it.
    }
    return isWhole;
  }
}

/** Makes the file with its header, durable when it returns. A file that has the name belongs to no chain that we know, and is put aside. */
export async function beginCopy(
  disk: Disk,
  number: number,
  header: Uint8Array,
  mark: string,
): Promise<DiskFile> {
  const file = await createAside(disk, segmentPath(number), mark);
  try {
    await file.write(header, 0);
    await file.sync();
    await disk.syncDirectory(journalFolder);
    return file;
  } catch (error) {
    await file.close().catch(() => undefined); // the error that came first is told
    throw error;
  }
}

async function createAside(disk: Disk, path: string, mark: string): Promise<DiskFile> {
  try {
    return await disk.create(path);
  } catch (error) {
    // Without its folders it is not the drive that it was: an empty mount point must stay empty.
    if (diskErrorCode(error) !== "EEXIST") throw error;
  }
  await disk.rename(path, `${quarantineFolder}/journal-${mark}`);
  return disk.create(path);
}
