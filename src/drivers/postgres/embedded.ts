import { execFile, spawn, type ChildProcess } from "node:child_process";
import {
  chownSync,
  closeSync,
  existsSync,
  fchownSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { PostgresBinaries } from "./binaries.ts";

const run = promisify(execFile);

/** The role and the first database of a new cluster. */
export const superuser = "vdc";

export interface EmbeddedPostgres {
  readonly binaries: PostgresBinaries;
  /** The cluster's files, mode 0700, owned by the account that runs the server. */
  readonly dataDirectory: string;
  /** Where its only socket is; nobody else may enter. There is no network port. */
  readonly socketDirectory: string;
  /** The account to run as. The server refuses to run as root. */
  readonly account?: { readonly uid: number; readonly gid: number };
}

/** Settings of a small, durable server. `fsync`, `synchronous_commit` and `full_page_writes` are never turned off. */
const settings: Readonly<Record<string, string>> = {
  listen_addresses: "",
  port: "5432",
  unix_socket_permissions: "0700",
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  shared_buffers: "64MB",
  max_connections: "64",
  max_wal_size: "512MB",
  min_wal_size: "80MB",
  wal_level: "replica",
  checkpoint_timeout: "5min",
  checkpoint_completion_target: "0.9",
  jit: "off",
  max_parallel_workers_per_gather: "0",
  io_method: "sync",
  autovacuum_naptime: "1min",
  log_line_prefix: "%m [%p] ",
  log_min_messages: "warning",
  timezone: "UTC",
  log_timezone: "UTC",
};

export function isInitialized(server: EmbeddedPostgres): boolean {
  return existsSync(join(server.dataDirectory, "PG_VERSION"));
}

/**
 * Makes a new cluster: UTF-8, C collation (byte order, the same on every machine), data checksums, password sign-in.
 * It is made beside its place and moved there when it is whole, so a killed attempt leaves no half cluster behind.
 */
export async function initialize(server: EmbeddedPostgres, password: string): Promise<void> {
  const fresh = `${server.dataDirectory}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(dirname(server.dataDirectory), { recursive: true });
  mkdirSync(fresh, { mode: 0o700 });
  mkdirSync(server.socketDirectory, { recursive: true, mode: 0o700 });
  for (const path of [fresh, server.socketDirectory]) chown(path, server);
  const passwordFile = `${server.dataDirectory}.password`;
  writePassword(passwordFile, password, server);
  const words = ["-D", fresh, "-U", superuser, "-E", "UTF8", "--locale=C", "--auth=scram-sha-256"];
  words.push(`--pwfile=${passwordFile}`, "--data-checksums", "--no-instructions");
  try {
    // initdb syncs all it wrote before it ends.
    await run(join(server.binaries.directory, "bin", "initdb"), words, {
      ...environment(server),
      cwd: fresh,
    });
    renameSync(fresh, server.dataDirectory);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** The major version of PostgreSQL that wrote this cluster; another one cannot read it. */
export function clusterMajor(server: EmbeddedPostgres): number {
  return Number(readFileSync(join(server.dataDirectory, "PG_VERSION"), "utf8").trim());
}

/** Program, arguments, folder and environment with which to spawn the server in the foreground. */
export function serverCommand(server: EmbeddedPostgres): {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
} {
  const all = { ...settings, unix_socket_directories: server.socketDirectory };
  const words = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const file = join(server.binaries.directory, "bin", "postgres");
  return {
    file,
    args: ["-D", server.dataDirectory, ...words],
    cwd: server.dataDirectory,
    env: cleanEnvironment,
  };
}

/** Starts the server detached from our process group; its messages are appended to `logFile`. */
export function spawnServer(server: EmbeddedPostgres, logFile: string): ChildProcess {
  const { file, args, cwd } = serverCommand(server);
  const log = openSync(logFile, "a", 0o600);
  try {
    return spawn(file, args, { ...environment(server), cwd, detached: true, stdio: ["ignore", log, log] });
  } finally {
    closeSync(log);
  }
}

/** The pid of a server that runs on this cluster, also one that a killed predecessor left; undefined when none does. */
export function livePostmaster(server: EmbeddedPostgres): number | undefined {
  const pid = namedPid(pidFile(server));
  if (pid === undefined) return undefined;
  // The pid may have been given to another program since: its command line tells.
  const words = readOrNothing(`/proc/${pid}/cmdline`).split("\0");
  return words.includes(server.dataDirectory) ? pid : undefined;
}

/** Whether the server with this pid has finished recovery and takes connections; what `pg_ctl --wait` looks at, too. */
export function isReady(server: EmbeddedPostgres, pid: number): boolean {
  // Line 8 is the state (src/include/utils/pidfile.h of PostgreSQL).
  const state = readOrNothing(pidFile(server)).split("\n")[7] ?? "";
  return namedPid(pidFile(server)) === pid && state.trim() === "ready";
}

function pidFile(server: EmbeddedPostgres): string {
  return join(server.dataDirectory, "postmaster.pid");
}

/** The pid that a lock file of PostgreSQL names in its first line, whoever that is now; undefined when there is no such file. */
export function namedPid(lockFile: string): number | undefined {
  const pid = Number(readOrNothing(lockFile).split("\n")[0]);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

/** A pid file goes with its server, and a process with its entry in /proc: absent is an answer. */
function readOrNothing(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Variables of the caller such as PGDATA and PGOPTIONS must not reach the server. */
const cleanEnvironment = { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" } as const;

function environment(server: EmbeddedPostgres) {
  const account = server.account === undefined ? {} : { uid: server.account.uid, gid: server.account.gid };
  return { ...account, env: cleanEnvironment };
}

/**
 * Writes a file for the server's account. Beside its folders and never inside: we may be root, and whatever that account
 * put there (a link to a file of the system) would be written, and given away, by us.
 */
function writePassword(file: string, password: string, server: EmbeddedPostgres): void {
  rmSync(file, { force: true });
  const descriptor = openSync(file, "wx", 0o600); // fails when something is there again
  try {
    if (server.account !== undefined) fchownSync(descriptor, server.account.uid, server.account.gid);
    writeFileSync(descriptor, password);
  } finally {
    closeSync(descriptor);
  }
}

function chown(path: string, server: EmbeddedPostgres): void {
  if (server.account !== undefined) chownSync(path, server.account.uid, server.account.gid);
}
