import { readFileSync, readdirSync } from "node:fs";

/** Clock ticks per second that the kernel reports times in; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** User and system seconds of these processes so far; a process that is gone counts as zero. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + statTicks(pid) / ticksPerSecond, 0);
}

/** Resident bytes, with shared pages divided among those who share them (PSS). */
export function proportionalBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + smapsField(pid, "Pss"), 0);
}

/** Resident bytes, shared pages counted in every process (RSS). */
export function residentBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + smapsField(pid, "Rss"), 0);
}

/** The process and all its descendants. */
export function processTree(root: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = read(`/proc/${entry}/stat`);
    if (stat !== undefined) parents.set(Number(entry), Number(fieldsOf(stat)[1]));
  }
  const tree = new Set([root]);
  for (let grown = true; grown;) {
    grown = false;
    for (const [pid, parent] of parents) {
      if (tree.has(parent) && !tree.has(pid)) grown = Boolean(tree.add(pid));
    }
  }
  return [...tree];
}

function statTicks(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return 0;
  const fields = fieldsOf(stat);
  return Number(fields[11]) + Number(fields[12]);
}

/** The fields after the command name, which may itself hold spaces and brackets; the first is the state. */
function fieldsOf(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function smapsField(pid: number, field: string): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(read(`/proc/${pid}/smaps_rollup`) ?? "");
  return Number(line?.[1] ?? 0) * 1024;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // it ended between the listing and the reading
  }
}
