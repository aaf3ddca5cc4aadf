/**
 * One file system, as the object store uses it. Paths are relative to the drive's directory, with '/', made of our own names only. Errors carry the system's
 * `code` (ENOENT, EIO, ENOSPC, EROFS …). `drivers/disk` is the real one; `sim/disk.ts` keeps a page cache that crashes lose, tears and reorders writes,
 * fails, fills up, flips bits and stalls. No call is safe against a crash unless its doc says so.
 */
export interface Disk {
  /** Opens for reading and writing; `create` fails with EEXIST when it is there. The new name is durable after `syncDirectory` of its folder. */
  create(path: string): Promise<DiskFile>;
  /** ENOENT when it is not there. */
  open(path: string, mode: "read" | "write"): Promise<DiskFile>;
  /** Atomic; durable after `syncDirectory` of both folders. Replaces what is there. */
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** It may be there already. A real drive does not make its parents; durable after `syncDirectory` of each parent. */
  makeDirectory(path: string): Promise<void>;
  /** Names, in no order. ENOENT when the folder is not there. */
  list(path: string): Promise<readonly string[]>;
  /** What was created, renamed or unlinked in this folder is durable when it returns. */
  syncDirectory(path: string): Promise<void>;
  stat(path: string): Promise<{ readonly size: number; readonly modifiedAt: number }>;
  space(): Promise<{ readonly totalBytes: number; readonly freeBytes: number }>;
}

export interface DiskFile {
  /** All of `bytes`, or an error after which any part may have been written. */
  write(bytes: Uint8Array, at: number): Promise<void>;
  /** Fills `into` from `at`; fewer bytes only at the end of the file. */
  read(into: Uint8Array, at: number): Promise<number>;
  /** Data and length are durable when it returns. After an error nothing is known: the file must not be used as durable again. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}
