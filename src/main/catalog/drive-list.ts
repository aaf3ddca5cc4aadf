import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DataDirectory } from "#main/data-directory.ts";
import type { DriveRecord } from "#objects/records.ts";

/** Folders that a store begins with when nobody names others. */
const defaultDrives = ["drive-1", "drive-2", "drive-3"] as const;
const threadsMax = 128;

/** The drives of a data center's store as they were when they last changed. */
export interface DriveList {
  readonly storeId: string;
  /** The drives of a new store are being made: their identities may be missing. */
  readonly isNew: boolean;
  readonly drives: readonly DriveRecord[];
  /** Numbers that the operator gave up: a start does not wait for them. */
  readonly forgotten: readonly number[];
}

function listFile(directory: DataDirectory): string {
  return join(directory.objects, "drives.json");
}

/**
 * Where to look for drives before the store is open. Only a hint: the truth is in the journal, and what lies in a folder says itself whose it is. Undefined when no
 * store was ever made here, or the hint is lost.
 */
export function readDriveList(directory: DataDirectory): DriveList | undefined {
  try {
    const value = JSON.parse(readFileSync(listFile(directory), "utf8")) as Partial<DriveList> | null; // our own file; checked below
    const isList = typeof value?.storeId === "string" && Array.isArray(value.drives);
    return isList ? (value as DriveList) : undefined; // checked
  } catch {
    return undefined; // not there, or half of it
  }
}

/** Whole or not at all. */
export function writeDriveList(directory: DataDirectory, list: DriveList): void {
  const file = listFile(directory);
  const text = JSON.stringify(list);
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

/** Folders for a store that is made now, or whose list is lost. Those in our own data directory are made. */
export function initialPaths(directory: DataDirectory, given: readonly string[]): readonly string[] {
  if (given.length > 0) return given;
  const paths = defaultDrives.map((name) => join(directory.objects, name));
  for (const path of paths) mkdirSync(path, { recursive: true, mode: 0o700 });
  return paths;
}

/** Threads for calls to drives: each may hold eight, and the rest of the process needs some while all of them stall. */
export function threadsFor(directory: DataDirectory, given: readonly string[]): number {
  const count = readDriveList(directory)?.drives.length ?? (given.length || defaultDrives.length);
  return Math.min(threadsMax, 8 * count + 8);
}

/** Whether all drives lie on one file system: then one disk's end is the end of all. */
export function isOneDisk(directory: DataDirectory): boolean {
  const drives = readDriveList(directory)?.drives ?? [];
  const devices = drives.map(({ path }) => statSync(path, { throwIfNoEntry: false })?.dev);
  return new Set(devices).size <= 1;
}
