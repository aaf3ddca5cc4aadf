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
    async makeDirectory(path: string): Promise<void> {
      await mkdir(place(path), { recursive: true, mode: 0o700 });
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

class DirectoryFile {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  async write(bytes: Uint8Array, at: number): Promise<void> {
    // A write may be short: at a signal, at the end of a quota, above 2 GiB.
    for (let done = 0; done < bytes.byteLength;)
      done += await writeOnce(this.#descriptor, bytes, done, at + done);
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    let done = 0;
    while (done < into.byteLength) {
      const count = await readOnce(this.#descriptor, into, done, at + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  sync(): Promise<void> {
    return syncData(this.#descriptor);
  }

  truncate(size: number): Promise<void> {
    return truncateTo(this.#descriptor, size);
  }

  async size(): Promise<number> {
    return (await statDescriptor(this.#descriptor)).size;
  }

  close(): Promise<void> {
    return closeDescriptor(this.#descriptor);
  }
}
