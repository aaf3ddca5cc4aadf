import type { Migration } from "./migration.ts";

/** The links of a user. */
export const linksUser: Migration = {
  name: "0027-links-user",
  statement: `CREATE INDEX links_user ON links (user_id)`,
};
