import type { Clock } from "#lib/clock.ts";
import type { Disk, DiskFile } from "#objects/disk.ts";
import { SimulatedFile } from "#sim/disk-file.ts";
import { SimulatedNames, folderOf } from "#sim/disk-names.ts";
import type { SeededRandom } from "#sim/random.ts";

export type DiskOperation =
  | "create"
  | "open"
  | "rename"
  | "unlink"
  | "makeDirectory"
  | "list"
  | "syncDirectory"
  | "stat"
  | "space"
  | "write"
  | "read"
  | "sync"
  | "truncate"
  | "size";

/** What goes wrong with one operation: an error, a wait before it, a flipped bit in what is read. */
export interface DiskFault {
  readonly error?: "EIO" | "ENOSPC" | "EROFS" | "ENOENT";
  readonly stallMs?: number;
  readonly flip?: boolean;
}
/** Asked before each operation; it may also crash the disk, which the operation then never survives. */
export type FaultPlan = (operation: {
  readonly type: DiskOperation;
  readonly path: string;
  /** Counts from 1 for this disk since it was switched on. */
  readonly index: number;
}) => DiskFault | undefined;

/**
 * A disk that keeps what was synced and nothing else for certain. One object is one life of the machine: after `crash` or `kill` its calls never
 * return, and the answer is the same disk as the next life finds it.
 */
export class SimulatedDisk implements Disk {
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  readonly #names: SimulatedNames;
  readonly #capacityBytes: number;
  #isOver = false;
  plan: FaultPlan | undefined;
  operations = 0;
  openFiles = 0;

  constructor(
    options: {
      readonly clock: Clock;
      readonly random: SeededRandom;
      readonly capacityBytes?: number;
      /** There from the beginning, and durable: in the root. */
      readonly folders?: readonly string[];
    },
    names = new SimulatedNames(),
  ) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#capacityBytes = options.capacityBytes ?? 2 ** 40;
    this.#names = names;
    for (const folder of options.folders ?? []) names.add(folder, "directory");
    if (options.folders !== undefined) names.sync("");
  }

  /** The power goes: of what was not synced, any part stays. */
  crash(): SimulatedDisk {
    this.#names.crash(this.#random);
    for (const [, entry] of this.#names.entries())
      if (entry instanceof SimulatedFile) entry.crash(this.#random);
    return this.kill();
  }

  /** The process ends: what it wrote stays in the page cache, as little durable as before. */
  kill(): SimulatedDisk {
    this.#isOver = true;
    return new SimulatedDisk(
      { clock: this.#clock, random: this.#random, capacityBytes: this.#capacityBytes },
      this.#names,
    );
  }

  /** Flips one bit on the platter. */
  rot(path: string, at: number, bit = 0): void {
    this.#file(path).rot(at, bit);
  }

  /** What programs would see, without an operation: for what the simulator itself wants to know. */
  has(path: string): boolean {
    return this.#names.get(path) !== undefined;
  }

  /** As `has` sees it; 0 when it is not there. */
  sizeOf(path: string): number {
    const entry = this.#names.get(path);
    return entry instanceof SimulatedFile ? entry.size : 0;
  }

  /** All files, as `has` sees them. */
  files(): readonly string[] {
    return [...this.#names.entries()].flatMap(([path, entry]) =>
      entry instanceof SimulatedFile ? [path] : [],
    );
  }

  create(path: string): Promise<DiskFile> {
    return this.#do("create", path, () => {
      if (this.#names.get(path) !== undefined) throw error("EEXIST", path);
      if (this.#names.get(folderOf(path)) !== "directory") throw error("ENOENT", path);
      const file = new SimulatedFile(this.#clock);
      this.#names.add(path, file);
      return this.#handle(file, path, true);
    });
  }

  open(path: string, mode: "read" | "write"): Promise<DiskFile> {
    return this.#do("open", path, () => this.#handle(this.#file(path), path, mode === "write"));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#do("rename", from, () => {
      this.#file(from);
      if (this.#names.get(folderOf(to)) !== "directory") throw error("ENOENT", to);
      this.#names.rename(from, to);
    });
  }

  unlink(path: string): Promise<void> {
    return this.#do("unlink", path, () => {
      this.#file(path);
      this.#names.remove(path);
    });
  }

  makeDirectory(path: string): Promise<void> {
    return this.#do("makeDirectory", path, () => {
      const parts = path.split("/");
      for (let count = 1; count <= parts.length; count += 1) {
        const folder = parts.slice(0, count).join("/");
        if (this.#names.get(folder) === undefined) this.#names.add(folder, "directory");
      }
    });
  }

  list(path: string): Promise<readonly string[]> {
    return this.#do("list", path, () => {
      if (this.#names.get(path) !== "directory") throw error("ENOENT", path);
      const names = [...this.#names.entries()]
        .map(([name]) => name)
        .filter((name) => folderOf(name) === path);
      return names.map((name) => name.slice(path === "" ? 0 : path.length + 1));
    });
  }

  syncDirectory(path: string): Promise<void> {
    return this.#do("syncDirectory", path, () => {
      if (this.#names.get(path) !== "directory") throw error("ENOENT", path);
      this.#names.sync(path);
    });
  }

  stat(path: string): Promise<{ readonly size: number; readonly modifiedAt: number }> {
    return this.#do("stat", path, () => {
      const { size, modifiedAt } = this.#file(path);
      return { size, modifiedAt };
    });
  }

  space(): Promise<{ readonly totalBytes: number; readonly freeBytes: number }> {
    return this.#do("space", "", () => ({
      totalBytes: this.#capacityBytes,
      freeBytes: this.#capacityBytes - this.#usedBytes(),
    }));
  }

  #usedBytes(): number {
    let used = 0;
    for (const [, entry] of this.#names.entries()) if (entry instanceof SimulatedFile) used += entry.size;
    return used;
  }

  #file(path: string): SimulatedFile {
    const entry = this.#names.get(path);
    if (entry === undefined) throw error("ENOENT", path);
    if (entry === "directory") throw error("EISDIR", path);
    return entry;
  }

  #handle(file: SimulatedFile, path: string, mayWrite: boolean): DiskFile {
    this.openFiles += 1;
    const change = <T>(type: DiskOperation, apply: () => T) =>
      mayWrite ? this.#do(type, path, apply) : Promise.reject(error("EBADF", path));
    return {
      write: (bytes, at) => change("write", () => this.#write(file, bytes, at, path)),
      read: (into, at) =>
        this.#do("read", path, (fault) => {
          const count = file.read(into, at);
          if (fault?.flip === true && count > 0) {
            const victim = this.#random.below(count);
            into[victim] = (into[victim] ?? 0) ^ (1 << this.#random.below(8));
          }
          return count;
        }),
      sync: () =>
        this.#do(
          "sync",
          path,
          () => file.sync(),
          () => file.syncFailed(),
        ),
      truncate: (size) => change("truncate", () => file.truncate(size)),
      size: () => this.#do("size", path, () => file.size),
      close: () => {
        this.openFiles -= 1;
        return Promise.resolve();
      },
    };
  }

  #write(file: SimulatedFile, bytes: Uint8Array, at: number, path: string): void {
    const growth = Math.max(0, at + bytes.byteLength - file.size);
    const room = this.#capacityBytes - this.#usedBytes();
    if (growth <= room) return file.write(bytes, at);
    file.write(bytes.subarray(0, bytes.byteLength - (growth - room)), at);
    throw error("ENOSPC", path);
  }

  /** Takes a few turns, as a real call does, so that calls to several disks end in any order; then happens all at once. */
  async #do<T>(
    type: DiskOperation,
    path: string,
    apply: (fault: DiskFault | undefined) => T,
    onError?: () => void,
  ): Promise<T> {
    if (this.#isOver) return await never();
    this.operations += 1;
    const fault = this.plan?.({ type, path, index: this.operations });
    if (fault?.stallMs !== undefined) await this.#clock.sleep(fault.stallMs);
    for (let turns = this.#random.below(6); turns > 0; turns -= 1) await turn;
    if (this.#isOver) return await never();
    if (fault?.error !== undefined) {
      onError?.();
      throw error(fault.error, path);
    }
    return apply(fault);
  }
}

/** Awaiting it takes one turn of the queue of promises. */
const turn = Promise.resolve();
/** A promise of its own each time: one for all would keep whoever waits for it, and so each life that ever was, for ever. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** Without a stack, which nobody reads and which would take a tenth of all time. */
function error(code: string, path: string): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const made = Object.assign(new Error(`${code}: ${path}`), { code });
  Error.stackTraceLimit = limit;
  return made;
}
