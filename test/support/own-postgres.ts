import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { locateBinaries } from "#drivers/postgres/binaries.ts";
import { initialize, superuser, type EmbeddedPostgres } from "#drivers/postgres/embedded.ts";
import { runSql } from "#test/support/store.ts";
import { waitFor } from "#test/support/wait-for.ts";

/** A server that belongs to one test alone, which may kill it. */
export interface OwnPostgres extends AsyncDisposable {
  readonly url: string;
  /** Ends the postmaster and all that it started at once, as a power failure would. */
  kill(): Promise<void>;
  /** Starts it again on the same data and waits until it answers. */
  start(): Promise<void>;
}

/** Where Debian keeps PostgreSQL 15; undefined when it is not installed. */
export function debianPostgres15(): string | undefined {
  const directory = "/usr/lib/postgresql/15";
  return existsSync(join(directory, "bin", "postgres")) ? directory : undefined;
}

/** Makes and starts a server of the programs in `directory`, or of the shipped ones. */
export async function startOwnPostgres(directory = locateBinaries()?.directory): Promise<OwnPostgres> {
  if (directory === undefined) throw new Error("the embedded PostgreSQL is not installed for this platform");
  const root = mkdtempSync(join(tmpdir(), "vdc-own-pg-"));
  chmodSync(root, 0o755);
  const base = {
    binaries: { directory, version: "", complete: true },
    dataDirectory: join(root, "data"),
    socketDirectory: join(root, "run"),
  };
  const server: EmbeddedPostgres = process.getuid?.() === 0 ? { ...base, account: nobody() } : base;
  await initialize(server, "test-password");
  const host = encodeURIComponent(server.socketDirectory);
  const url = `postgresql://${superuser}:test-password@/postgres?host=${host}`;
  let child: ChildProcess | undefined;
  const start = () =>
    waitFor(
      async () => {
        // A start right after a kill fails while the killed server's processes still hold its memory.
        if (child === undefined || child.exitCode !== null) child = spawnIn(server);
        return (await answers(url)) || undefined;
      },
      { withinMs: 30_000, what: "PostgreSQL answers" },
    );
  const stop = async (signal: "SIGINT" | "SIGKILL") => {
    const stopping = child;
    child = undefined;
    if (stopping === undefined || stopping.exitCode !== null) return;
    const gone = new Promise((resolve) => stopping.once("exit", resolve));
    // Its backends serve their connections until they notice that it is gone, which may take a second: "away" is when they are.
    const backends = signal === "SIGKILL" ? childrenOf(stopping.pid) : [];
    stopping.kill(signal);
    await gone;
    const away = () => (backends.some(isRunning) ? undefined : true);
    await waitFor(away, { withinMs: 10_000, what: "the backends have ended" });
  };
  await start();
  return {
    url,
    start: async () => void (await start()),
    kill: () => stop("SIGKILL"),
    [Symbol.asyncDispose]: async () => {
      await stop("SIGINT");
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Only settings that every version from 15 on knows. */
function spawnIn(server: EmbeddedPostgres): ChildProcess {
  const settings = [
    "listen_addresses=",
    `unix_socket_directories=${server.socketDirectory}`,
    "shared_buffers=32MB",
  ];
  const words = ["-D", server.dataDirectory, ...settings.flatMap((setting) => ["-c", setting])];
  const account = server.account === undefined ? {} : { uid: server.account.uid, gid: server.account.gid };
  const env = { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
  const file = join(server.binaries.directory, "bin", "postgres");
  return spawn(file, words, { ...account, cwd: server.dataDirectory, env, stdio: "ignore" });
}

function childrenOf(parent: number | undefined): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && parentOf(Number(name)) === parent)
    .map(Number);
}

/** Undefined when it is gone, or only waits to be buried. */
function parentOf(pid: number): number | undefined {
  try {
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return state === "Z" ? undefined : Number(parent);
  } catch {
    return undefined; // it ended while we looked
  }
}

const isRunning = (pid: number) => parentOf(pid) !== undefined;

async function answers(url: string): Promise<boolean> {
  try {
    await runSql(url, "SELECT 1");
    return true;
  } catch {
    return false; // not up yet: the caller asks again
  }
}

function nobody(): { readonly uid: number; readonly gid: number } {
  const id = (flag: string) => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}
