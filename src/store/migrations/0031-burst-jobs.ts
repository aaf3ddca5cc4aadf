import type { Migration } from "./migration.ts";

/** Jobs of burst: a row each, whatever they have of tasks. What changes while one runs is in columns; the facts it began with are in object. */
export const burstJobs: Migration = {
  name: "0031-burst-jobs",
  statement: `CREATE TABLE burst_jobs (
      id text COLLATE "C" PRIMARY KEY,
      project_id text COLLATE "C" NOT NULL,
      project text COLLATE "C" NOT NULL,
      state text COLLATE "C" NOT NULL,
      bound numeric(38, 0) NOT NULL CHECK (bound >= 0),
      charged numeric(38, 0) NOT NULL CHECK (charged BETWEEN 0 AND bound),
      object json NOT NULL,
      progress json NOT NULL,
      created_at timestamptz NOT NULL,
      finished_at timestamptz
    )`,
};
