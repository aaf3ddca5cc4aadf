import type { Migration } from "./migration.ts";

/** The row itself: an empty log and a chain that begins with zeros. */
export const headRow: Migration = {
  name: "0002-head-row",
  statement: `INSERT INTO head (revision, compacted, audit_sequence, audit_hash) VALUES (0, 0, 0, repeat('0', 64))`,
};
