import type { Migration } from "./migration.ts";

/** Graphs of burst jobs, by content, as gzip in parts. One is sent before the offer or job that names it. */
export const burstGraphs: Migration = {
  name: "0030-burst-graphs",
  statement: `CREATE TABLE burst_graphs (
      project_id text COLLATE "C" NOT NULL,
      hash text COLLATE "C" NOT NULL,
      part int NOT NULL,
      bytes bytea NOT NULL,
      created_at timestamptz NOT NULL,
      PRIMARY KEY (project_id, hash, part)
    )`,
};
