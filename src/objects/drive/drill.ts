import type { Clock } from "#lib/clock.ts";
import type { DrillFault } from "#objects/admin.ts";
import type { Disk, DiskFile } from "#objects/disk.ts";
import { DiskError } from "./disk-error.ts";

/** What a `slow` drive adds to each call. */
const slowMs = 200;

/** A fault made on purpose in front of a real drive. Switched while it is used; what stalls goes on when the fault ends. */
export class Drill {
  #fault: DrillFault | undefined;
  #ended = Promise.withResolvers<void>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get fault(): DrillFault | undefined {
    return this.#fault;
  }

  set(fault: DrillFault | undefined): void {
    this.#ended.resolve();
    this.#ended = Promise.withResolvers<void>();
    this.#fault = fault;
  }

  /** Before each call: waits or throws as the fault says. */
  async #meet(call: { readonly changes: boolean; readonly grows: boolean; readonly name?: string }) {
    while (this.#fault === "stall") await this.#ended.promise;
    if (this.#fault === "slow") await this.#clock.sleep(slowMs);
    if (this.#fault === "error") throw new DiskError("EIO", "drill");
    if (this.#fault === "missing") throw new DiskError(call.name === undefined ? "EIO" : "ENOENT", "drill");
    if (this.#fault === "read-only" && call.changes) throw new DiskError("EROFS", "drill");
    if (this.#fault === "full" && call.grows) throw new DiskError("ENOSPC", "drill");
  }

  /** One flipped bit in what was read, as a drive that lies does. */
  #corrupt(into: Uint8Array, count: number): void {
    const middle = count >> 1;
    if (this.#fault === "corrupt" && count > 0) into[middle] = (into[middle] ?? 0) ^ 0x10;
  }

  disk(under: Disk): Disk {
    const look = (name: string) => this.#meet({ changes: false, grows: false, name });
    const change = (name: string, grows: boolean) => this.#meet({ changes: true, grows, name });
    return {
      create: async (path) => (await change(path, true), this.#file(await under.create(path))),
      open: async (path, mode) => (await look(path), this.#file(await under.open(path, mode))),
      rename: async (from, to) => (await change(from, false), under.rename(from, to)),
      unlink: async (path) => (await change(path, false), under.unlink(path)),
      makeDirectory: async (path) => (await change(path, true), under.makeDirectory(path)),
      list: async (path) => (await look(path), under.list(path)),
      syncDirectory: async (path) => (await look(path), under.syncDirectory(path)),
      stat: async (path) => (await look(path), under.stat(path)),
      space: async () => {
        await look("");
        const space = await under.space();
        return this.#fault === "full" ? { ...space, freeBytes: 0 } : space;
      },
    };
  }

  #file(under: DiskFile): DiskFile {
    const look = () => this.#meet({ changes: false, grows: false });
    const change = (grows: boolean) => this.#meet({ changes: true, grows });
    return {
      write: async (bytes, at) => (await change(true), under.write(bytes, at)),
      read: async (into, at) => {
        await look();
        const count = await under.read(into, at);
        this.#corrupt(into, count);
        return count;
      },
      sync: async () => (await look(), under.sync()),
      truncate: async (size) => (await change(false), under.truncate(size)),
      size: async () => (await look(), under.size()),
      close: () => under.close(),
    };
  }
}
