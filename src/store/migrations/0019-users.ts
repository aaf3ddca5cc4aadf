import type { Migration } from "./migration.ts";

/** Users. A deleted one's row stays, so that its name is never given to somebody else. */
export const users: Migration = {
  name: "0019-users",
  statement: `CREATE TABLE users (
      id text COLLATE "C" PRIMARY KEY,
      name text COLLATE "C" NOT NULL UNIQUE,
      title text NOT NULL DEFAULT '',
      email text NOT NULL DEFAULT '',
      password_hash text,
      is_owner boolean NOT NULL DEFAULT false,
      created_at timestamptz NOT NULL,
      disabled_at timestamptz,
      deleted_at timestamptz
    )`,
};
