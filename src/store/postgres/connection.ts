import type { Writable } from "node:stream";
import pg from "pg";
import type { Log } from "#lib/log.ts";
import { storeLimits } from "../limits.ts";

const int8 = 20;
const timestamptz = 1184;

/** pg's types know the built-in oids only; the function takes any. */
const defaultParser = pg.types.getTypeParser as (oid: number, format: string) => unknown;

/** `bigint` as a number (ours are safe integers) and times as ISO 8601 UTC, for our connections only. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: "text" | "binary") => {
    if (format !== "binary" && oid === int8) return Number;
    if (format !== "binary" && oid === timestamptz) return (text: string) => new Date(text).toISOString();
    return defaultParser(oid, format ?? "text");
  },
};

/** Settings that all our connections share. */
export function connectionSettings(url: string, part: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: `vdc-${part}`,
    connectionTimeoutMillis: storeLimits.connectTimeoutMs,
    statement_timeout: storeLimits.statementTimeoutMs,
    query_timeout: storeLimits.answerTimeoutMs,
    keepAlive: true,
    types,
  };
}

/** Connections that read. */
export function readPool(url: string, log: Log): pg.Pool {
  const settings = { ...connectionSettings(url, "read"), options: "-c TimeZone=UTC -c jit=off" };
  return watched(new pg.Pool({ ...settings, max: storeLimits.readConnections }), log);
}

/**
 * The writer's only connection. It sends the next statement before the answer to the one before (pipelining),
 * and looks rows up by key only: the planner must not take a small or unanalysed table for a reason to scan it.
 */
export function writePool(url: string, log: Log, connected: (backend: number | undefined) => void): pg.Pool {
  const planner = [
    "TimeZone=UTC",
    "jit=off",
    "enable_seqscan=off",
    "enable_hashjoin=off",
    "enable_mergejoin=off",
  ];
  const pool = watched(
    new pg.Pool({
      ...connectionSettings(url, "write"),
      options: [...planner, "plan_cache_mode=force_generic_plan"].map((setting) => `-c ${setting}`).join(" "),
      idle_in_transaction_session_timeout: storeLimits.idleInTransactionMs,
      pipeline: true,
      max: 1,
    }),
    log,
  );
  // The server process' id is in pg's client but not in its types; without it we only read once too often.
  pool.on("connect", (client) => connected((client as { processID?: number }).processID));
  return pool;
}

/**
 * Sends all statements that `submit` submits before its first wait in one system call: each wakes the server's
 * process, which costs more than the statement itself where processors are virtual.
 */
export function together<T>(client: pg.PoolClient, submit: () => T): T {
  // pg's client has its connection, but not in its types; without it the statements go out one by one.
  const { connection } = client as { readonly connection?: { readonly stream?: Writable } };
  connection?.stream?.cork();
  try {
    return submit();
  } finally {
    connection?.stream?.uncork();
  }
}

/** A lost connection raises `error` on a client at rest; without a listener it would end the process. */
function watched(pool: pg.Pool, log: Log): pg.Pool {
  pool.on("error", (error) => log.warn("store.connection.lost", { error }));
  pool.on("connect", (client) => {
    // A client that is in use hands the failure to its statement too; this listener only keeps us alive.
    client.on("error", (error) => log.debug("store.connection.failed", { error }));
  });
  return pool;
}
