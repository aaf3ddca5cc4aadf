import { mkdtempSync, rmSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import pg from "pg";
import { locateBinaries } from "#drivers/postgres/binaries.ts";
import { initialize, spawnServer, superuser, type EmbeddedPostgres } from "#drivers/postgres/embedded.ts";
import { waitFor } from "#test/support/wait-for.ts";

export interface TestServer extends AsyncDisposable {
  /** `postgresql://…` of its maintenance database. */
  readonly url: string;
}

/** A real server of the shipped binaries in a folder of its own, durable as in production. */
export async function startPostgres(): Promise<TestServer> {
  const binaries = locateBinaries();
  if (binaries === undefined) throw new Error("the embedded PostgreSQL is not installed for this platform");
  const root = mkdtempSync(join(tmpdir(), "vdc-pg-"));
  chmodSync(root, 0o755);
  const account = process.getuid?.() === 0 ? unprivilegedAccount() : undefined;
  const base = { binaries, dataDirectory: join(root, "data"), socketDirectory: join(root, "run") };
  const server: EmbeddedPostgres = account === undefined ? base : { ...base, account };
  await initialize(server, "test-password");
  const child = spawnServer(server, join(root, "postgres.log"));
  const host = encodeURIComponent(server.socketDirectory);
  const url = `postgresql://${superuser}:test-password@/postgres?host=${host}`;
  await waitFor(async () => (await canConnect(url)) || undefined, {
    withinMs: 20_000,
    what: "PostgreSQL answers",
  });
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGINT"); // fast shutdown
      await gone;
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function canConnect(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return true;
  } catch {
    return false; // not up yet: the caller asks again
  } finally {
    await client.end().catch(() => undefined); // a client that never connected has nothing to close
  }
}

function unprivilegedAccount(): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}
