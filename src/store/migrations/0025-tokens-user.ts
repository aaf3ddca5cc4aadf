import type { Migration } from "./migration.ts";

/** The tokens of a user. */
export const tokensUser: Migration = {
  name: "0025-tokens-user",
  statement: `CREATE INDEX tokens_user ON tokens (user_id)`,
};
