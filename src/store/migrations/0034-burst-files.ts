import type { Migration } from "./migration.ts";

/** Signed manifests of kernel packages, the files they pin, and small results where there is no object store; all by their SHA-256. */
export const burstFiles: Migration = {
  name: "0034-burst-files",
  statement: `CREATE TABLE burst_files (
      project_id text COLLATE "C" NOT NULL,
      hash text COLLATE "C" NOT NULL,
      kind text COLLATE "C" NOT NULL CHECK (kind IN ('manifest', 'file', 'blob')),
      bytes bytea NOT NULL,
      created_at timestamptz NOT NULL,
      PRIMARY KEY (project_id, kind, hash)
    )`,
};
