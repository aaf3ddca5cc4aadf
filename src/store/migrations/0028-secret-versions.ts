import type { Migration } from "./migration.ts";

/** Values of secrets, sealed with a key that the database does not have. */
export const secretVersions: Migration = {
  name: "0028-secret-versions",
  statement: `CREATE TABLE secret_versions (
      project text COLLATE "C" NOT NULL,
      name text COLLATE "C" NOT NULL,
      version bigint NOT NULL,
      sealed bytea NOT NULL,
      created_at timestamptz NOT NULL,
      PRIMARY KEY (project, name, version)
    )`,
};
