import type { Migration } from "./migration.ts";

/** What each project uses, kept by the same transactions that change its resources. */
export const projectUsage: Migration = {
  name: "0008-project-usage",
  statement: `CREATE TABLE project_usage (
      project text COLLATE "C" NOT NULL,
      measure text COLLATE "C" NOT NULL,
      used bigint NOT NULL CHECK (used >= 0),
      PRIMARY KEY (project, measure)
    ) WITH (fillfactor = 70)`,
};
