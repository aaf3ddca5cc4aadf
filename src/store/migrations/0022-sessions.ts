import type { Migration } from "./migration.ts";

/** Sign-ins by browser; only the hash of the cookie's secret is kept. */
export const sessions: Migration = {
  name: "0022-sessions",
  statement: `CREATE TABLE sessions (
      id text COLLATE "C" PRIMARY KEY,
      secret_hash text COLLATE "C" NOT NULL UNIQUE,
      user_id text COLLATE "C" NOT NULL REFERENCES users (id),
      created_at timestamptz NOT NULL,
      last_seen_at timestamptz NOT NULL,
      expires_at timestamptz NOT NULL,
      address text NOT NULL DEFAULT '',
      user_agent text NOT NULL DEFAULT ''
    )`,
};
