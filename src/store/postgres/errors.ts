import pg from "pg";
import { VdcError } from "#api/errors.ts";

/** SQLSTATE classes and codes after which the same statement may succeed on a healthy server. */
const passing = /^(08|40|53|57|58|25P03$|25006$|55P03$)/;

/** Codes of data that PostgreSQL cannot hold: the fault of one row, not of the server. */
const dataFault = /^(22|23|54)/;

/**
 * What callers see of a failure below us: `unavailable` when the server is away, overloaded or stopped us, and
 * for a write also when its fate is unknown. Everything else is a fault of ours and stays what it is.
 */
export function storeError(error: unknown): unknown {
  if (error instanceof VdcError) return error;
  if (error instanceof pg.DatabaseError) {
    return passing.test(error.code ?? "") ? unavailable(error) : error;
  }
  return isConnectionFault(error) ? unavailable(error) : error;
}

/** Whether one row of a statement was at fault, so that the others may be tried without it. */
export function isDataFault(error: unknown): boolean {
  return error instanceof pg.DatabaseError && dataFault.test(error.code ?? "");
}

export function unavailable(cause?: unknown): VdcError {
  return new VdcError(
    "unavailable",
    "The database does not answer now.",
    cause === undefined ? {} : { cause },
  );
}

/** Sockets fail with system errors; pg's own errors about a lost connection are plain ones told by their text. */
function isConnectionFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // Node puts a code on system errors; a plain error has none.
  const code = (error as { code?: unknown }).code;
  if (typeof code === "string" && /^E[A-Z]+$/.test(code)) return true;
  return /connection|connect|timeout|Client (was closed|has encountered)|Cannot use a pool after/i.test(
    error.message,
  );
}
