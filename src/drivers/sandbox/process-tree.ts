import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { parseProcStat } from "#lib/proc-stat.ts";

/** Processes that one walk looks at. */
const maxProcesses = 8_192;
const pageBytes = 4_096;
const ticksPerSecond = 100;

/** Direct children of a process, oldest first. */
export function childrenOf(pid: number): readonly number[] {
  // A child belongs to the thread that made it.
  return threadsOf(pid).flatMap((thread) =>
    readOrNothing(`/proc/${pid}/task/${thread}/children`).trim().split(" ").filter(Boolean).map(Number),
  );
}

/** A process and all its descendants, parents before children. */
export function treeOf(pid: number): readonly number[] {
  const tree = [pid];
  for (let at = 0; at < tree.length && tree.length < maxProcesses; at += 1)
    tree.push(...childrenOf(tree[at] ?? pid));
  return tree;
}

/** CPU seconds and resident bytes of these processes; those that are gone count as nothing. */
export function usageOf(pids: readonly number[]): {
  cpuSeconds: number;
  memoryBytes: number;
  processes: number;
} {
  const stats = pids.flatMap((pid) => parseProcStat(readOrNothing(`/proc/${pid}/stat`)) ?? []);
  return {
    cpuSeconds: stats.reduce((sum, { cpuTicks }) => sum + cpuTicks, 0) / ticksPerSecond,
    memoryBytes: stats.reduce((sum, { rssPages }) => sum + rssPages, 0) * pageBytes,
    processes: stats.length,
  };
}

/** The first of these processes whose standard input is a terminal: what a session's keyboard leads to. */
export function terminalHolder(pids: readonly number[]): number | undefined {
  return pids.find((pid) => {
    try {
      return /^(\/dev)?\/pts\/\d+|^\/dev\/pts\/\d+/.test(readlinkSync(`/proc/${pid}/fd/0`));
    } catch {
      return false; // it ended, or is not ours to look at
    }
  });
}

/** Sends a signal; a process that is gone is no error. */
export function signalPid(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // it ended in between
  }
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // it ended
  }
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
