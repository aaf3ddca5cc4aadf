import pg from "pg";
import { VdcError } from "#api/errors.ts";
import type { Log } from "#lib/log.ts";
import { storeLimits } from "../limits.ts";
import type { Migration } from "../migrations/migration.ts";
import { connectionSettings } from "./connection.ts";
import { storeError } from "./errors.ts";

/** Any number, the same in all versions: who holds it migrates. */
const lockKey = 0x7664_6300;

const oldestServer = 150_000;

/**
 * Brings the schema to the last of `steps`, one transaction a step. Safe to run in two processes at once: the
 * second waits and finds nothing to do. `unsupported` for a server before PostgreSQL 15 and for a schema that
 * a newer VDC has made.
 */
export async function migrate(url: string, steps: readonly Migration[], log: Log): Promise<void> {
  const client = new pg.Client({
    ...connectionSettings(url, "migrate"),
    statement_timeout: storeLimits.migrationStatementMs,
    query_timeout: storeLimits.migrationStatementMs + storeLimits.migrationLockMs,
    lock_timeout: storeLimits.migrationLockMs,
  });
  client.on("error", (error) => log.warn("store.migration.connection.lost", { error }));
  try {
    await client.connect();
    await refuseOldServer(client);
    await client.query("SELECT pg_advisory_lock($1)", [lockKey]);
    await takeSteps(client, steps, log);
  } catch (error) {
    throw storeError(error);
  } finally {
    // The advisory lock goes with the connection. A connection that never came up has nothing to end.
    await client.end().catch((error: unknown) => log.debug("store.migration.end.failed", { error }));
  }
}

async function refuseOldServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: number; text: string }>(
    "SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS text",
  );
  const version = rows[0];
  if (version !== undefined && version.number >= oldestServer) return;
  throw new VdcError(
    "unsupported",
    `VDC needs PostgreSQL 15 or newer; this server is ${version?.text ?? "unknown"}.`,
  );
}

async function takeSteps(client: pg.Client, steps: readonly Migration[], log: Log): Promise<void> {
  await client.query(
    "CREATE TABLE IF NOT EXISTS migrations (version int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL)",
  );
  const { rows: taken } = await client.query<{ version: number; name: string }>(
    "SELECT version, name FROM migrations ORDER BY version",
  );
  refuseForeignSchema(taken, steps);
  for (const [at, step] of steps.entries()) {
    if (at < taken.length) continue;
    await client.query("BEGIN");
    await client.query(step.statement);
    await client.query("INSERT INTO migrations VALUES ($1, $2, clock_timestamp())", [at + 1, step.name]);
    await client.query("COMMIT");
    log.info("store.migration.done", { name: step.name });
  }
}

function refuseForeignSchema(
  taken: readonly { version: number; name: string }[],
  steps: readonly Migration[],
): void {
  if (taken.length > steps.length) {
    throw new VdcError(
      "unsupported",
      `The database's schema (version ${taken.length}) is newer than this VDC knows (version ${steps.length}). Start the newer VDC again.`,
    );
  }
  const strange = taken.find((step, at) => step.version !== at + 1 || step.name !== steps[at]?.name);
  if (strange === undefined) return;
  throw new VdcError(
    "unsupported",
    `The database was made by another VDC: it does not know the step '${strange.name}'.`,
  );
}
