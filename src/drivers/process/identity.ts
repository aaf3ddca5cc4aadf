import { readFileSync } from "node:fs";
import { parseProcStat } from "#lib/proc-stat.ts";

/** Names one process for ever: pids are given again, also after a reboot. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it was started, in ticks since boot. */
  readonly startTicks: number;
  readonly bootId: string;
}

/** Who `pid` is now; undefined when there is no such process, or only its corpse. */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const stat = parseProcStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
    if (stat === undefined || stat.state === "Z" || stat.state === "X") return undefined;
    const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return { pid, startTicks: stat.startTicks, bootId };
  } catch {
    return undefined; // gone between two reads, or never there
  }
}

/** Whether exactly that process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  return now !== undefined && now.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

/** Sends a signal unless that process is gone; false when it was. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false; // it ended in between, or belongs to somebody else
  }
}
