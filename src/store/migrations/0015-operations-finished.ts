import type { Migration } from "./migration.ts";

/** What may be pruned, oldest first. */
export const operationsFinished: Migration = {
  name: "0015-operations-finished",
  statement: `CREATE INDEX operations_finished ON operations (finished_at) WHERE finished_at IS NOT NULL`,
};
