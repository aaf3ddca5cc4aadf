import { existsSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { Clock } from "#lib/clock.ts";
import { livePostmaster, namedPid, type EmbeddedPostgres } from "./embedded.ts";

const maxProcesses = 32_768;
const pollMs = 20;

/**
 * Makes a cluster whose server is gone startable: waits for orphans, then removes lock files that name a process which is
 * not this server. PostgreSQL would take any living process of its account for a server: a corpse that nobody
 * has reaped (the init of many containers never does), or another program that got the pid after a reboot.
 */
export async function clearRemains(server: EmbeddedPostgres, clock: Clock, withinMs: number): Promise<void> {
  await drainOrphans(server, clock, withinMs);
  if (livePostmaster(server) !== undefined || orphansOf(server).length > 0) return;
  const locks = [
    join(server.dataDirectory, "postmaster.pid"),
    join(server.socketDirectory, ".s.PGSQL.5432.lock"),
  ];
  for (const lock of locks) {
    const pid = namedPid(lock);
    // A pid that nobody has is PostgreSQL's to judge: it also looks for the shared memory that the file names.
    if (pid !== undefined && existsSync(`/proc/${pid}`)) rmSync(lock, { force: true });
  }
}

/**
 * Waits until the processes of a killed postmaster are gone: they hold its shared memory, and no new server starts
 * on the cluster until then. They end by themselves within a second or two; those that have not after `withinMs` (a stopped one) are killed, which
 * is what PostgreSQL's manual says to do. A server that lives has no orphans.
 */
async function drainOrphans(server: EmbeddedPostgres, clock: Clock, withinMs: number): Promise<void> {
  if (livePostmaster(server) !== undefined) return;
  const end = clock.monotonic() + withinMs;
  let orphans = orphansOf(server);
  while (orphans.length > 0 && clock.monotonic() < end) {
    await clock.sleep(pollMs);
    orphans = orphansOf(server);
  }
  for (const pid of orphans) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it ended meanwhile
    }
  }
}

/** Processes of any server that runs in the cluster's folder: PostgreSQL's processes all do, and nothing else has reason to. */
function orphansOf(server: EmbeddedPostgres): readonly number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids
    .slice(0, maxProcesses)
    .map(Number)
    .filter((pid) => {
      try {
        const program = basename(readlinkSync(`/proc/${pid}/exe`));
        return program.startsWith("postgres") && readlinkSync(`/proc/${pid}/cwd`) === server.dataDirectory;
      } catch {
        return false; // ended meanwhile, a kernel thread, or another user's
      }
    });
}
