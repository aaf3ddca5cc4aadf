import type { Migration } from "./migration.ts";

/** The sessions of a user. */
export const sessionsUser: Migration = {
  name: "0023-sessions-user",
  statement: `CREATE INDEX sessions_user ON sessions (user_id)`,
};
