import type { Migration } from "./migration.ts";

/** What stands now. `project` is empty for kinds of the whole data center; the fill factor leaves room for updates in place. */
export const resources: Migration = {
  name: "0003-resources",
  statement: `CREATE TABLE resources (
      kind text COLLATE "C" NOT NULL,
      project text COLLATE "C" NOT NULL,
      name text COLLATE "C" NOT NULL,
      id text COLLATE "C" NOT NULL UNIQUE,
      generation bigint NOT NULL,
      revision bigint NOT NULL,
      labels jsonb NOT NULL,
      owner_kind text COLLATE "C",
      owner_project text COLLATE "C",
      owner_name text COLLATE "C",
      owner_id text COLLATE "C",
      spec jsonb NOT NULL,
      status jsonb NOT NULL,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      deleting_since timestamptz,
      PRIMARY KEY (kind, project, name)
    ) WITH (fillfactor = 80)`,
};
