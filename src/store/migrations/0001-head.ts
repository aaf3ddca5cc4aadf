import type { Migration } from "./migration.ts";

/** One row, of which the lock puts all writers in one line. */
export const head: Migration = {
  name: "0001-head",
  statement: `CREATE TABLE head (
      one boolean PRIMARY KEY DEFAULT true CHECK (one),
      revision bigint NOT NULL,
      compacted bigint NOT NULL,
      audit_sequence bigint NOT NULL,
      audit_hash text NOT NULL,
      CHECK (compacted <= revision)
    )`,
};
