import { basename } from "node:path";
import type { Disk, DiskFile } from "#objects/disk.ts";
import {
  extentFolder,
  quarantineFolder,
  shardDraftPath,
  shardPath,
  temporaryFolder,
} from "#objects/drive/paths.ts";
import { frameOffset, lastDescription, frameAlignment, descriptionMaxBytes } from "./description.ts";
import { decodeShardHeader, encodeShardHeader, headerBytes, type ShardHeader } from "./shard-header.ts";
import type { ShardName, ShardReader, ShardStore, ShardWriter } from "./shard-store.ts";

const extentsFolder = "extents";
/** Descriptions are looked for this far from the end: room for the largest and a few that were added. */
const descriptionTailBytes = 4 * descriptionMaxBytes;

/** Where a shard waits for its removal. */
export function quarantinedShardPath({ extentId, shard }: ShardName): string {
  return `${quarantineFolder}/${basename(shardPath(extentId, shard))}`;
}

/** The shards of one local drive. */
export class LocalShards implements ShardStore {
  readonly #disk: Disk;
  readonly #folders: Folders;

  constructor(disk: Disk) {
    this.#disk = disk;
    this.#folders = new Folders(disk);
  }

  create(header: ShardHeader): ShardWriter {
    return new LocalWriter(this.#disk, this.#folders, header, shardPath(header.extentId, header.shard));
  }

  replace(header: ShardHeader): ShardWriter {
    const draft = shardDraftPath(header.extentId, header.shard);
    return new LocalWriter(this.#disk, this.#folders, header, draft);
  }

  async open(name: ShardName): Promise<ShardReader> {
    const file = await this.#disk
      .open(shardPath(name.extentId, name.shard), "read")
      .catch(async (error: unknown) => {
        if (!hasCode(error, "ENOENT")) throw error;
        return await this.#disk.open(quarantinedShardPath(name), "read");
      });
    return new LocalReader(file);
  }

  async remove(name: ShardName): Promise<void> {
    await this.#disk.unlink(shardPath(name.extentId, name.shard)).catch(ignoreMissing);
  }

  async describe(name: ShardName) {
    const shard = await this.open(name);
    try {
      const head = Buffer.alloc(headerBytes);
      const header = decodeShardHeader(head.subarray(0, await shard.read(head, 0)));
      if (header === undefined) return undefined;
      const size = await shard.size();
      const from = Math.max(
        headerBytes,
        Math.floor((size - descriptionTailBytes) / frameAlignment) * frameAlignment,
      );
      const tail = Buffer.alloc(Math.max(0, size - from));
      const read = await shard.read(tail, from);
      const description = lastDescription(header.extentId, tail.subarray(0, read));
      return description === undefined ? { header } : { header, description };
    } finally {
      await shard.close();
    }
  }
}

class LocalWriter implements ShardWriter {
  readonly #disk: Disk;
  readonly #folders: Folders;
  readonly #header: ShardHeader;
  /** Where it is written: its own place, or that of a draft. */
  readonly #path: string;
  #file: DiskFile | undefined;
  #isCreated = false;
  #isAbandoned = false;
  #running: Promise<void> = Promise.resolve();
  #end = 0;

  constructor(disk: Disk, folders: Folders, header: ShardHeader, path: string) {
    this.#disk = disk;
    this.#folders = folders;
    this.#header = header;
    this.#path = path;
  }

  append(bytes: Uint8Array): Promise<void> {
    // Before anything is waited for: the buffer is ours only as long as this shard was not given up.
    if (this.#end === 0) encodeShardHeader(this.#header).copy(bytes);
    const at = this.#end;
    this.#end += bytes.length;
    return this.#alone(async (file) => await file.write(bytes, at));
  }

  rest(): Promise<void> {
    return this.#alone(async (file) => {
      await file.sync();
      this.#file = undefined;
      await file.close();
    });
  }

  finish(frame: Uint8Array): Promise<void> {
    return this.#alone(async (file) => {
      await file.write(frame, frameOffset(this.#end));
      const { extentId, shard } = this.#header;
      const isDraft = this.#path !== shardPath(extentId, shard);
      const folder = isDraft ? temporaryFolder : extentFolder(extentId);
      const syncs = [file.sync(), this.#folders.sync(folder)];
      // Both are waited for, also when one fails: the file may be closed after this.
      await Promise.allSettled(syncs);
      await Promise.all(syncs);
      this.#file = undefined;
      await file.close();
      if (isDraft) await this.#putInPlace(shardPath(extentId, shard));
    });
  }

  /** The draft is durable: a crash leaves the old shard or the new one. */
  async #putInPlace(path: string): Promise<void> {
    await this.#disk.rename(this.#path, path);
    await this.#folders.sync(extentFolder(this.#header.extentId));
    await this.#folders.sync(temporaryFolder);
  }

  abandon(): void {
    this.#isAbandoned = true;
    // A descriptor must not be closed, and used for another file, while a call on it is under way.
    const close = async () => {
      await this.#running;
      await this.#file?.close();
    };
    close().catch(() => undefined); // it is given up; there is nothing to lose
  }

  #alone(act: (file: DiskFile) => Promise<void>): Promise<void> {
    const run = async () => {
      const file = await this.#opened();
      if (this.#isAbandoned) throw new Error("the shard was given up");
      await act(file);
    };
    const result = run();
    this.#running = result.catch(() => undefined); // the caller is told
    return result;
  }

  async #opened(): Promise<DiskFile> {
    if (this.#file !== undefined) return this.#file;
    const path = this.#path;
    const file = this.#isCreated ? await this.#disk.open(path, "write") : await this.#create(path);
    this.#isCreated = true;
    this.#file = file;
    return file;
  }

  async #create(path: string): Promise<DiskFile> {
    const folder = extentFolder(this.#header.extentId);
    await this.#folders.make(folder);
    try {
      return await this.#disk.create(path);
    } catch (error) {
      // The drive is away, or came back without it: the next one looks again.
      if (hasCode(error, "ENOENT")) this.#folders.forget(folder);
      if (!hasCode(error, "EEXIST")) throw error;
      // What an earlier try left. A new file, not a truncated one: a late write of that try goes to the old one.
      await this.#disk.unlink(path);
      return await this.#disk.create(path);
    }
  }
}

class LocalReader implements ShardReader {
  readonly #file: DiskFile;
  readonly #running = new Set<Promise<number>>();
  #isClosed = false;

  constructor(file: DiskFile) {
    this.#file = file;
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    if (this.#isClosed) throw new Error("the shard was closed");
    const reading = this.#file.read(into, at);
    this.#running.add(reading);
    try {
      return await reading;
    } finally {
      this.#running.delete(reading);
    }
  }

  size(): Promise<number> {
    return this.#file.size();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#running);
    await this.#file.close().catch(() => undefined); // nothing was written through it
  }
}

/** Folders of one drive: made once, and synced once for all who ask while a sync runs. */
class Folders {
  readonly #disk: Disk;
  readonly #made = new Map<string, Promise<void>>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Makes `path` and makes it durable. There are at most 256 folders of extents. */
  async make(path: string): Promise<void> {
    const known = this.#made.get(path);
    if (known !== undefined) return await known;
    const making = (async () => {
      await this.#disk.makeDirectory(path);
      await this.sync(extentsFolder);
      await this.sync("");
    })();
    this.#made.set(path, making);
    try {
      await making;
    } catch (error) {
      this.#made.delete(path);
      throw error;
    }
  }

  forget(path: string): void {
    this.#made.delete(path);
  }

  /** A sync that begins after this call. */
  async sync(path: string): Promise<void> {
    const waiting = this.#next.get(path);
    if (waiting !== undefined) return await waiting;
    const before = this.#running.get(path);
    const run = async () => {
      await before?.catch(() => undefined); // who waited for that one was told
      this.#next.delete(path);
      this.#running.set(path, turn);
      try {
        await this.#disk.syncDirectory(path);
      } finally {
        if (this.#running.get(path) === turn) this.#running.delete(path);
      }
    };
    const turn = run();
    if (before !== undefined) this.#next.set(path, turn);
    await turn;
  }
}

/** Whether an error carries this system error code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function ignoreMissing(error: unknown): void {
  if (!hasCode(error, "ENOENT")) throw error;
}
