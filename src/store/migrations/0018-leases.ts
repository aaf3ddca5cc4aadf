import type { Migration } from "./migration.ts";

/** Who may act; updated in place and never part of the log. */
export const leases: Migration = {
  name: "0018-leases",
  statement: `CREATE TABLE leases (
      name text COLLATE "C" PRIMARY KEY,
      holder text NOT NULL,
      epoch bigint NOT NULL,
      expires_at timestamptz NOT NULL
    ) WITH (fillfactor = 50)`,
};
