import type { Migration } from "./migration.ts";

/** Running and finished actions. */
export const operations: Migration = {
  name: "0012-operations",
  statement: `CREATE TABLE operations (
      id text COLLATE "C" PRIMARY KEY,
      revision bigint NOT NULL,
      project text COLLATE "C",
      state text NOT NULL,
      created_at timestamptz NOT NULL,
      finished_at timestamptz,
      object json NOT NULL
    )`,
};
