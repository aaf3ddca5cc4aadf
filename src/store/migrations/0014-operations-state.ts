import type { Migration } from "./migration.ts";

/** The few that run, among the many that are finished. */
export const operationsState: Migration = {
  name: "0014-operations-state",
  statement: `CREATE INDEX operations_state ON operations (state, id)`,
};
