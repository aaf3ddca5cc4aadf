/** What one line of `/proc/PID/stat` says of a process (proc_pid_stat(5)); times are in clock ticks of 10 ms. */
export interface ProcStat {
  readonly pid: number;
  /** The program's name, clipped to 15 bytes by the kernel. */
  readonly name: string;
  /** R, S, D, Z, T, t, X or I. */
  readonly state: string;
  readonly parentPid: number;
  /** User and system time together. */
  readonly cpuTicks: number;
  /** When it was started, in ticks since boot: with the pid and the boot id it names a process for ever. */
  readonly startTicks: number;
  readonly rssPages: number;
}

/** Reads a stat line; undefined when it is not one. The name may hold spaces and brackets, so it ends at the last `)`. */
export function parseProcStat(line: string): ProcStat | undefined {
  const open = line.indexOf("(");
  const close = line.lastIndexOf(")");
  if (open < 1 || close < open) return undefined;
  const rest = line
    .slice(close + 2)
    .trim()
    .split(/\s+/);
  // Field 3 of the manual page is rest[0], so field n is rest[n - 3].
  const field = (n: number) => Number(rest[n - 3] ?? Number.NaN);
  const stat = {
    pid: Number(line.slice(0, open)),
    name: line.slice(open + 1, close),
    state: rest[0] ?? "?",
    parentPid: field(4),
    cpuTicks: field(14) + field(15),
    startTicks: field(22),
    rssPages: field(24),
  };
  return [stat.pid, stat.parentPid, stat.cpuTicks, stat.startTicks, stat.rssPages].every(Number.isFinite)
    ? stat
    : undefined;
}
