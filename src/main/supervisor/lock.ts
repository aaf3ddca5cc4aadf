import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { identify, isAlive, type ProcessIdentity } from "#drivers/process/identity.ts";
import { assert } from "#lib/assert.ts";

/** Who runs the data center of a data directory. */
export interface LockHolder extends ProcessIdentity {
  /** ISO 8601. */
  readonly since: string;
  readonly url?: string;
}

export type LockResult = { readonly kind: "taken" } | { readonly kind: "held"; readonly holder: LockHolder };

/** Attempts to replace stale locks; more than one is needed only when several recover at once. */
const maxAttempts = 5;

/**
 * Takes the lock of a data directory, or tells who holds it. The lock names its holder by pid, start time and boot, so
 * one that a killed holder left is known to be stale, also when its pid lives again as another program.
 */
export function takeLock(file: string, since: string): LockResult {
  const self = identify(process.pid);
  assert(self !== undefined, "a running process can identify itself");
  const own: LockHolder = { ...self, since };
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    if (createLock(file, own)) return { kind: "taken" };
    const text = readOrNothing(file);
    const holder = parseHolder(text);
    if (holder !== undefined && isAlive(holder)) {
      if (holder.pid === own.pid) return { kind: "taken" }; // we replaced ourselves by exec
      return { kind: "held", holder };
    }
    removeStale(file, text);
  }
  throw new Error(`cannot take ${file}: others replace it all the time`);
}

/** Adds the address to our own lock, so that a second `up` can say where this one is. */
export function publishUrl(file: string, url: string): void {
  const holder = parseHolder(readOrNothing(file));
  if (holder === undefined || holder.pid !== process.pid) return;
  writeWhole(file, { ...holder, url });
}

/** Gives the lock back if it is ours. */
export function releaseLock(file: string): void {
  if (parseHolder(readOrNothing(file))?.pid === process.pid) rmSync(file, { force: true });
}

/** Who holds the lock now; undefined when nobody alive does. */
export function lockHolder(file: string): LockHolder | undefined {
  const holder = parseHolder(readOrNothing(file));
  return holder !== undefined && isAlive(holder) ? holder : undefined;
}

/** A link appears at once and whole, or fails because there is one: nobody ever sees half a lock. */
function createLock(file: string, holder: LockHolder): boolean {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(holder), { mode: 0o600 });
  try {
    linkSync(temporary, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false; // fs fails with errno errors only
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Moves the lock aside and looks again: if another process recovered it first, its lock is put back. */
function removeStale(file: string, expected: string): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // another process removed it first: the next attempt sees what it made
  }
  try {
    if (readOrNothing(aside) !== expected) linkSync(aside, file);
  } catch {
    // A third process made a lock in between and holds it now; the next attempt finds it.
  } finally {
    rmSync(aside, { force: true });
  }
}

function writeWhole(file: string, holder: LockHolder): void {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(holder), { mode: 0o600 });
  renameSync(temporary, file);
}

function parseHolder(text: string): LockHolder | undefined {
  try {
    const value = JSON.parse(text) as Partial<LockHolder> | null; // our own file; its fields are checked below
    const isHolder =
      typeof value?.pid === "number" &&
      typeof value.startTicks === "number" &&
      typeof value.bootId === "string";
    return isHolder && typeof value.since === "string" ? (value as LockHolder) : undefined; // checked
  } catch {
    return undefined; // empty after a power cut, or not a lock: stale
  }
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
