import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import { canUse, unprivilegedAccount, type Account } from "#drivers/postgres/account.ts";
import { locateBinaries } from "#drivers/postgres/binaries.ts";
import { placeBinaries } from "#drivers/postgres/copy-binaries.ts";
import {
  clusterMajor,
  initialize,
  isInitialized,
  isReady,
  livePostmaster,
  serverCommand,
  type EmbeddedPostgres,
} from "#drivers/postgres/embedded.ts";
import { clearRemains } from "#drivers/postgres/orphans.ts";
import { identify } from "#drivers/process/identity.ts";
import type { DataDirectory } from "#main/data-directory.ts";
import { PartFailure, type ProcessPart } from "#main/supervisor/part.ts";

const readyPollMs = 20;
const orphansWithinMs = 10_000;

/**
 * The embedded server. It is not tied to the supervisor's life: one that a killed supervisor left is adopted. A server whose
 * postmaster was killed leaves orphans that hold its shared memory for a moment; a start waits until they are gone.
 */
export async function postgresPart(
  directory: DataDirectory,
  ports: { readonly clock: Clock; readonly random: Random },
): Promise<ProcessPart> {
  const server = await findServer(directory);
  const [major = 0, minor = 0] = server.binaries.version.split(".").map(Number);
  let origin = "";
  return {
    kind: "process",
    name: "postgres",
    dependsOn: [],
    readyWithinMs: 60_000, // recovery after a crash replays up to max_wal_size
    // Fast shutdown, then immediate: the next start recovers from the log, nothing acknowledged is lost.
    stop: [
      { signal: "SIGINT", withinMs: 4_000 },
      { signal: "SIGQUIT", withinMs: 1_000 },
    ],
    prepare: async () => {
      origin = "";
      const password = ensurePassword(directory.postgresPassword, ports.random);
      if (isInitialized(server)) {
        checkMajor(server, major);
        await clearRemains(server, ports.clock, orphansWithinMs);
        return;
      }
      await initialize(server, password);
      origin = "new cluster, ";
    },
    adopt: () => {
      const pid = livePostmaster(server);
      const identity = pid === undefined ? undefined : identify(pid);
      if (identity !== undefined) origin = "adopted, ";
      return identity;
    },
    launch: () => ({
      ...serverCommand(server),
      channel: false,
      ...(server.account === undefined ? {} : { account: server.account }),
    }),
    ready: async (process, signal) => {
      // Bounded by the signal, which aborts when the start's time is over.
      while (!isReady(server, process.identity.pid)) await ports.clock.sleep(readyPollMs, signal);
      return { note: `${origin}PostgreSQL ${major}.${minor}` };
    },
  };
}

async function findServer(directory: DataDirectory): Promise<EmbeddedPostgres> {
  const binaries = locateBinaries();
  if (binaries === undefined) {
    throw new PartFailure(`there are no PostgreSQL binaries for ${process.platform} on ${process.arch}`, {
      permanent: true,
      remedy: "Use a PostgreSQL of your own: set VDC_DATABASE_URL.",
    });
  }
  const account = process.getuid?.() === 0 ? await accountFor(directory) : undefined;
  const reachable =
    binaries.complete &&
    (account === undefined || (await canUse(account, "-x", join(binaries.directory, "bin", "postgres"))));
  return {
    binaries: reachable
      ? binaries
      : placeBinaries(binaries, join(directory.postgres, `dist-${binaries.version}`)),
    dataDirectory: directory.postgresData,
    socketDirectory: directory.postgresRun,
    ...(account === undefined ? {} : { account }),
  };
}

/** PostgreSQL's own account, which must be able to enter the data directory. */
async function accountFor(directory: DataDirectory): Promise<Account> {
  const account = await unprivilegedAccount();
  if (account === undefined) {
    throw new PartFailure("PostgreSQL does not run as root, and there is no account for it", {
      permanent: true,
      remedy:
        "Make one (`useradd --system vdc-postgres`), run VDC as an ordinary user, or set VDC_DATABASE_URL.",
    });
  }
  if (await canUse(account, "-x", directory.postgres)) return account;
  throw new PartFailure(`PostgreSQL's account ${account.name} cannot enter ${directory.postgres}`, {
    permanent: true,
    remedy:
      "Choose a data directory whose parents everybody may pass through (--data DIR), such as /var/lib/vdc.",
  });
}

/** The password exists before the cluster: a cluster whose password was never written down would be lost. */
function ensurePassword(file: string, random: Random): string {
  if (existsSync(file)) return readFileSync(file, "utf8");
  const password = Buffer.from(random.bytes(32)).toString("base64url");
  const fresh = `${file}.new`;
  writeFileSync(fresh, password, { mode: 0o600, flush: true });
  chmodSync(fresh, 0o600);
  renameSync(fresh, file);
  return password;
}

function checkMajor(server: EmbeddedPostgres, major: number): void {
  const written = clusterMajor(server);
  if (written === major) return;
  throw new PartFailure(`the data was written by PostgreSQL ${written}, and this VDC brings ${major}`, {
    permanent: true,
    remedy: `Run the version of VDC that wrote it and export the data, or set VDC_DATABASE_URL to a PostgreSQL ${written}.`,
  });
}
