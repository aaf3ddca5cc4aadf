import type { Migration } from "./migration.ts";

/** Facts, kept longer than the log of changes. */
export const events: Migration = {
  name: "0009-events",
  statement: `CREATE TABLE events (
      revision bigint PRIMARY KEY,
      id text COLLATE "C" NOT NULL UNIQUE,
      at timestamptz NOT NULL,
      project text COLLATE "C",
      subject_kind text COLLATE "C",
      subject_name text COLLATE "C",
      object json NOT NULL
    )`,
};
