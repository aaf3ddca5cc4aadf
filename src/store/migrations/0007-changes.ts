import type { Migration } from "./migration.ts";

/** The log that watchers read. Every revision has exactly one line until it is compacted. */
export const changes: Migration = {
  name: "0007-changes",
  statement: `CREATE TABLE changes (
      revision bigint PRIMARY KEY,
      type text NOT NULL,
      kind text COLLATE "C" NOT NULL,
      project text COLLATE "C",
      name text COLLATE "C" NOT NULL,
      object json NOT NULL,
      at timestamptz NOT NULL
    )`,
};
