import type { Migration } from "./migration.ts";

/** What became of tasks, as gzip of groups in the order of their acceptance: a row for up to a thousand of them. They go when their job is over. */
export const burstOutcomes: Migration = {
  name: "0032-burst-outcomes",
  statement: `CREATE TABLE burst_outcomes (
      job text COLLATE "C" NOT NULL,
      sequence bigint NOT NULL,
      outcomes bytea NOT NULL,
      PRIMARY KEY (job, sequence)
    )`,
};
