import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, type ProcessIdentity } from "#drivers/process/identity.ts";

/** Names of the processes of the object store; also part of file names. */
export const objectsProcessName = /^(?:catalog|objects-[1-8])$/;

/**
 * What the catalog and each front write about themselves into `run/objects/NAME-PID.json`; a front's admin socket is beside it. Several of one name live at once
 * while one hands over to the next.
 */
export interface ObjectsIdentity extends ProcessIdentity {
  readonly name: string;
  /** Of the program. */
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly state: "starting" | "ready" | "draining" | "failed";
  /** Where a front listens; the port is 0 until it does, and for the catalog. */
  readonly host: string;
  readonly port: number;
  /** For the part's line, such as what the catalog waits for. */
  readonly note?: string;
  /** Why it could not start. */
  readonly failure?: { readonly message: string; readonly remedy?: string; readonly permanent: boolean };
}

type Named = Pick<ObjectsIdentity, "name" | "pid">;

/** Files that one look at the folder reads. */
const maxFiles = 1_000;
const fileName = /^(catalog|objects-[1-8])-([1-9]\d{0,9})\.(?:json|sock)$/;

export function adminSocketPath(folder: string, { name, pid }: Named): string {
  return join(folder, `${name}-${pid}.sock`);
}

function identityPath(folder: string, { name, pid }: Named): string {
  return join(folder, `${name}-${pid}.json`);
}

/** Whole or not at all. */
export function writeIdentity(folder: string, identity: ObjectsIdentity): void {
  const file = identityPath(folder, identity);
  writeFileSync(`${file}.new`, JSON.stringify(identity), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function removeIdentity(folder: string, process: Named): void {
  rmSync(identityPath(folder, process), { force: true });
  rmSync(adminSocketPath(folder, process), { force: true });
}

/** What the process `pid` says of itself; undefined when it has said nothing yet. */
export function readIdentity(folder: string, name: string, pid: number): ObjectsIdentity | undefined {
  try {
    return parse(readFileSync(identityPath(folder, { name, pid }), "utf8"));
  } catch {
    return undefined; // not there yet, or gone already
  }
}

/** Processes of the object store that run, the oldest first; those that failed are not among them. */
export function liveProcesses(folder: string, name?: string): readonly ObjectsIdentity[] {
  return entries(folder)
    .filter((entry) => name === undefined || entry.name === name)
    .flatMap((entry) => readIdentity(folder, entry.name, entry.pid) ?? [])
    .filter((identity) => identity.state !== "failed" && isAlive(identity))
    .toSorted((a, b) => a.startTicks - b.startTicks || a.pid - b.pid);
}

/** Removes what killed processes left. */
export function removeStale(folder: string): void {
  const live = new Set(liveProcesses(folder).map(({ name, pid }) => `${name}-${pid}`));
  for (const entry of entries(folder)) {
    if (!live.has(`${entry.name}-${entry.pid}`)) removeIdentity(folder, entry);
  }
}

function entries(folder: string): readonly Named[] {
  const seen = new Map<string, Named>();
  for (const file of list(folder).slice(0, maxFiles)) {
    const [, name, pid] = fileName.exec(file) ?? [];
    if (name !== undefined) seen.set(`${name}-${pid ?? ""}`, { name, pid: Number(pid) });
  }
  return [...seen.values()];
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // none ever ran here
  }
}

function parse(text: string): ObjectsIdentity | undefined {
  const value = JSON.parse(text) as Partial<ObjectsIdentity> | null; // our own file; what matters is checked below
  const isIdentity =
    typeof value?.pid === "number" &&
    typeof value.startTicks === "number" &&
    typeof value.bootId === "string" &&
    typeof value.state === "string" &&
    typeof value.name === "string" &&
    objectsProcessName.test(value.name);
  return isIdentity ? (value as ObjectsIdentity) : undefined; // checked
}
