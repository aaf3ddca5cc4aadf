import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { isAlive, type ProcessIdentity } from "#drivers/process/identity.ts";

/** What the status process writes about itself, so that the next supervisor finds it. */
export interface StatusIdentity extends ProcessIdentity {
  readonly version: string;
  readonly host: string;
  readonly port: number;
}

export function writeStatusIdentity(file: string, identity: StatusIdentity): void {
  writeFileSync(`${file}.new`, JSON.stringify(identity), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function removeStatusIdentity(file: string): void {
  rmSync(file, { force: true });
}

/** Undefined when none runs. */
export function liveStatus(file: string): StatusIdentity | undefined {
  try {
    const identity = JSON.parse(readFileSync(file, "utf8")) as StatusIdentity; // written whole by ourselves; a torn or foreign one is not alive
    return isAlive(identity) ? identity : undefined;
  } catch {
    return undefined;
  }
}
