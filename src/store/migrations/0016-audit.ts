import type { Migration } from "./migration.ts";

/** Who did what: append-only, each line chained to the one before. */
export const audit: Migration = {
  name: "0016-audit",
  statement: `CREATE TABLE audit (
      sequence bigint PRIMARY KEY,
      project text COLLATE "C",
      entry json NOT NULL,
      previous_hash text NOT NULL,
      hash text NOT NULL
    )`,
};
