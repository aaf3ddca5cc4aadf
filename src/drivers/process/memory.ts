import { readdirSync, readFileSync } from "node:fs";
import { parseProcStat } from "#lib/proc-stat.ts";

/** Processes that one look at the table reads. */
const maxProcesses = 32_768;

/**
 * Memory that a process and all its descendants hold, in bytes. Shared pages are divided among those that share them
 * (Pss) where the kernel lets us read that: PostgreSQL's processes share most of what they show.
 */
export function treeMemoryBytes(pid: number): number {
  const children = childrenOf();
  let bytes = 0;
  const waiting = [pid];
  for (let seen = 0; seen < maxProcesses; seen += 1) {
    const next = waiting.pop();
    if (next === undefined) break;
    bytes += memoryBytes(next);
    waiting.push(...(children.get(next) ?? []));
  }
  return bytes;
}

function memoryBytes(pid: number): number {
  const shared = /^Pss:\s+(\d+) kB$/m.exec(readOrNothing(`/proc/${pid}/smaps_rollup`))?.[1];
  const whole = /^VmRSS:\s+(\d+) kB$/m.exec(readOrNothing(`/proc/${pid}/status`))?.[1];
  return Number(shared ?? whole ?? 0) * 1024;
}

function childrenOf(): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc").slice(0, maxProcesses)) {
    if (!/^\d+$/.test(name)) continue;
    const stat = parseProcStat(readOrNothing(`/proc/${name}/stat`));
    if (stat === undefined) continue;
    const siblings = children.get(stat.parentPid);
    if (siblings === undefined) children.set(stat.parentPid, [stat.pid]);
    else siblings.push(stat.pid);
  }
  return children;
}

/** A process may end between two reads, and another user's details are hidden: both count as nothing. */
function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
