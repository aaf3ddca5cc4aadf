import type { Migration } from "./migration.ts";

/** API tokens; only the hash of the secret is kept. */
export const tokens: Migration = {
  name: "0024-tokens",
  statement: `CREATE TABLE tokens (
      id text COLLATE "C" PRIMARY KEY,
      secret_hash text COLLATE "C" NOT NULL UNIQUE,
      user_id text COLLATE "C" NOT NULL REFERENCES users (id),
      name text NOT NULL,
      project text COLLATE "C",
      role text,
      created_at timestamptz NOT NULL,
      expires_at timestamptz,
      last_used_at timestamptz,
      revoked_at timestamptz
    )`,
};
