import { readdirSync, readFileSync, statSync } from "node:fs";
import { parseProcStat, type ProcStat } from "#lib/proc-stat.ts";

/** A process of this host, as a table shows it. */
export interface HostProcess {
  readonly pid: number;
  /** Name of the user, or the number when the system knows no name. */
  readonly user: string;
  readonly name: string;
  /** User and system time, in ticks of 10 ms; a rate comes from two listings. */
  readonly cpuTicks: number;
  /** In ticks since boot; with the pid it tells a process from a later one with the same pid. */
  readonly startTicks: number;
  readonly rssBytes: number;
  readonly state: string;
  /**
   * The program as it was called, at most `maxCommandLength` characters; a kernel thread's name in brackets.
   * Invariant: arguments are never shown, they may hold other people's secrets.
   */
  readonly command: string;
}

export const maxCommandLength = 200;
/** Processes that one listing looks at. */
export const maxProcessesRead = 8192;
const pageBytes = 4096;

/** The `limit` processes that hold the most memory, largest first. Those that end while we read are left out. */
export function listProcesses(limit: number): readonly HostProcess[] {
  const pids = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .slice(0, maxProcessesRead);
  const stats = pids.flatMap((pid) => readStat(pid) ?? []);
  stats.sort((a, b) => b.rssPages - a.rssPages || a.pid - b.pid);
  const names = userNames();
  return stats.slice(0, limit).map((stat) => describe(stat, names));
}

function readStat(pid: string): ProcStat | undefined {
  const text = readOrNothing(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseProcStat(text);
}

function describe(stat: ProcStat, names: ReadonlyMap<number, string>): HostProcess {
  const uid = statSync(`/proc/${stat.pid}`, { throwIfNoEntry: false })?.uid;
  const program = (readOrNothing(`/proc/${stat.pid}/cmdline`) ?? "").split("\0")[0] ?? "";
  return {
    pid: stat.pid,
    user: uid === undefined ? "?" : (names.get(uid) ?? String(uid)),
    name: stat.name,
    cpuTicks: stat.cpuTicks,
    startTicks: stat.startTicks,
    rssBytes: stat.rssPages * pageBytes,
    state: stat.state,
    command: program === "" ? `[${stat.name}]` : program.slice(0, maxCommandLength),
  };
}

/** From /etc/passwd only: asking a directory service for every uid could block on the network. */
function userNames(): ReadonlyMap<number, string> {
  const lines = (readOrNothing("/etc/passwd") ?? "").split("\n").map((line) => line.split(":"));
  return new Map(
    lines.flatMap(([name, , uid]) =>
      name === undefined || uid === undefined ? [] : [[Number(uid), name] as const],
    ),
  );
}

/** A process may end between two reads: its file is then gone, which is no error. */
function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
