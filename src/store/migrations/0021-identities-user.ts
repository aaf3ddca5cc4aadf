import type { Migration } from "./migration.ts";

/** The identities of a user. */
export const identitiesUser: Migration = {
  name: "0021-identities-user",
  statement: `CREATE INDEX identities_user ON identities (user_id)`,
};
