import type { Migration } from "./migration.ts";

/** Codes with which apps fetch a token of the user who let them; only the hash of a code is kept. */
export const appCodes: Migration = {
  name: "0040-app-codes",
  statement: `CREATE TABLE app_codes (
      secret_hash text COLLATE "C" PRIMARY KEY,
      user_id text COLLATE "C" NOT NULL REFERENCES users (id),
      project text COLLATE "C" NOT NULL,
      app text COLLATE "C" NOT NULL,
      challenge text COLLATE "C" NOT NULL,
      expires_at timestamptz NOT NULL
    )`,
};
