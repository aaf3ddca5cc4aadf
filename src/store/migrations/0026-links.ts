import type { Migration } from "./migration.ts";

/** One-time sign-in links; only the hash of the secret is kept. */
export const links: Migration = {
  name: "0026-links",
  statement: `CREATE TABLE links (
      id text COLLATE "C" PRIMARY KEY,
      secret_hash text COLLATE "C" NOT NULL UNIQUE,
      user_id text COLLATE "C" NOT NULL REFERENCES users (id),
      created_at timestamptz NOT NULL,
      expires_at timestamptz NOT NULL,
      used_at timestamptz
    )`,
};
