import { constants } from "node:fs";
import { lstat, mkdir, readdir, rename, statfs, unlink } from "node:fs/promises";
import { join } from "node:path";
import { assert } from "#lib/assert.ts";
import {
  closeDescriptor,
  openDescriptor,
  readOnce,
  statDescriptor,
  syncAll,
  syncData,
  truncateTo,
  writeOnce,
} from "./system-calls.ts";

/** Our own names only: a path can neither leave the drive nor be hidden in it. */
const pathShape = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
const { O_RDWR, O_RDONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_DIRECTORY } = constants;

/** The file system under one directory. Its shape is `Disk` of the object store; its errors are the system's. */
export function openDirectoryDisk(root: string) {
  /** "" is the root itself. */
  const place = (path: string): string => {
    if (path === "") return root;
    assert(pathShape.test(path), "a path on a drive is made of our own names");
    return join(root, path);
  };
  return {
    async create(path: string): Promise<DirectoryFile> {
      return new DirectoryFile(
        await openDescriptor(place(path), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600),
      );
    },
    async open(path: string, mode: "read" | "write"): Promise<DirectoryFile> {
      const flags = mode === "read" ? O_RDONLY : O_RDWR;
      return new DirectoryFile(await openDescriptor(place(path), flags | O_NOFOLLOW, 0));
    },
    rename: (from: string, to: string): Promise<void> => rename(place(from), place(to)),
    unlink: (path: string): Promise<void> => unlink(place(path)),
    /** Not its parents: when a drive is not there, a folder must not be made in its place, nor in the empty folder that it was mounted on. */
    async makeDirectory(path: string): Promise<void> {
      await mkdir(place(path), { mode: 0o700 }).catch((error: unknown) => {
        if (!hasCode(error, "EEXIST")) throw error;
      });
    },
    list: (path: string): Promise<readonly string[]> => readdir(place(path)),
    async syncDirectory(path: string): Promise<void> {
      const descriptor = await openDescriptor(place(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
      try {
        await syncAll(descriptor);
      } finally {
        await closeDescriptor(descriptor);
      }
    },
    async stat(path: string): Promise<{ size: number; modifiedAt: number }> {
      const facts = await lstat(place(path));
      return { size: facts.size, modifiedAt: facts.mtimeMs };
    },
    async space(): Promise<{ totalBytes: number; freeBytes: number }> {
      const facts = await statfs(root);
      return { totalBytes: facts.blocks * facts.bsize, freeBytes: facts.bavail * facts.bsize };
    },
  };
}

/**
 * A file by its descriptor. The descriptor is given back when no call uses it any more: closed under a write that the kernel has not begun, its number could
 * by then be another file's.
 */
class DirectoryFile {
  readonly #descriptor: number;
  #callsInFlight = 0;
  #isClosed = false;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  write(bytes: Uint8Array, at: number): Promise<void> {
    return this.#use(async (descriptor) => {
      // A write may be short: at a signal, at the end of a quota, above 2 GiB.
      for (let done = 0; done < bytes.byteLength;)
        done += await writeOnce(descriptor, bytes, done, at + done);
    });
  }

  read(into: Uint8Array, at: number): Promise<number> {
    return this.#use(async (descriptor) => {
      let done = 0;
      while (done < into.byteLength) {
        const count = await readOnce(descriptor, into, done, at + done);
        if (count === 0) break;
        done += count;
      }
      return done;
    });
  }

  sync(): Promise<void> {
    return this.#use(syncData);
  }

  truncate(size: number): Promise<void> {
    return this.#use((descriptor) => truncateTo(descriptor, size));
  }

  async size(): Promise<number> {
    return (await this.#use(statDescriptor)).size;
  }

  /** Returns at once when calls are still under way. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#callsInFlight === 0) await closeDescriptor(this.#descriptor);
  }

  async #use<T>(call: (descriptor: number) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw Object.assign(new Error("the file was closed"), { code: "EBADF" });
    this.#callsInFlight += 1;
    try {
      return await call(this.#descriptor);
    } finally {
      this.#callsInFlight -= 1;
      if (this.#isClosed && this.#callsInFlight === 0)
        closeDescriptor(this.#descriptor).catch(() => undefined); // nobody is left to be told
    }
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
