import { execFile, spawn, type ChildProcess } from "node:child_process";
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { PostgresBinaries } from "./binaries.ts";

const run = promisify(execFile);

/** The role and the first database of a new cluster. */
export const superuser = "vdc";

/** Linux limits a socket's path to 107 bytes; `.s.PGSQL.5432` takes 14 of them. */
export const maxSocketDirectoryBytes = 92;

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

/** Makes a new cluster: UTF-8, C collation (byte order, the same on every machine), data checksums, password sign-in. */
export async function initialize(server: EmbeddedPostgres, password: string): Promise<void> {
  mkdirSync(server.dataDirectory, { recursive: true, mode: 0o700 });
  mkdirSync(server.socketDirectory, { recursive: true, mode: 0o700 });
  const passwordFile = join(server.socketDirectory, "initdb-password");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  for (const path of [server.dataDirectory, server.socketDirectory, passwordFile]) chown(path, server);
  const words = ["-D", server.dataDirectory, "-U", superuser, "-E", "UTF8", "--locale=C", "--auth=scram-sha-256"];
  words.push(`--pwfile=${passwordFile}`, "--data-checksums", "--no-instructions");
  try {
    await run(join(server.binaries.directory, "bin", "initdb"), words, spawnOptions(server));
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Program, arguments and options with which to spawn the server in the foreground. */
export function serverCommand(server: EmbeddedPostgres): { readonly file: string; readonly args: readonly string[] } {
  const all = { ...settings, unix_socket_directories: server.socketDirectory };
  const args = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return { file: join(server.binaries.directory, "bin", "postgres"), args: ["-D", server.dataDirectory, ...args] };
}

/** Starts the server detached from our process group; its messages are appended to `logFile`. */
export function spawnServer(server: EmbeddedPostgres, logFile: string): ChildProcess {
  const { file, args } = serverCommand(server);
  const log = openSync(logFile, "a", 0o600);
  try {
    return spawn(file, args, { ...spawnOptions(server), detached: true, stdio: ["ignore", log, log] });
  } finally {
    closeSync(log);
  }
}

/** The pid of a server that runs on this cluster, also one that a killed predecessor left; undefined when none does. */
export function livePostmaster(server: EmbeddedPostgres): number | undefined {
  const file = join(server.dataDirectory, "postmaster.pid");
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, "utf8").split("\n")[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  // The pid may have been given to another program since: its command line tells.
  const commandFile = `/proc/${pid}/cmdline`;
  if (!existsSync(commandFile)) return undefined;
  return readFileSync(commandFile, "utf8").includes(server.dataDirectory) ? pid : undefined;
}

function spawnOptions(server: EmbeddedPostgres) {
  const account = server.account === undefined ? {} : { uid: server.account.uid, gid: server.account.gid };
  // A clean environment: PG* variables of the caller must not reach the server.
  return { ...account, cwd: server.dataDirectory, env: { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" } };
}

function chown(path: string, server: EmbeddedPostgres): void {
  if (server.account !== undefined) chownSync(path, server.account.uid, server.account.gid);
}
