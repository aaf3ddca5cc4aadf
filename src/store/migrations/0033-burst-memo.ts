import type { Migration } from "./migration.ts";

/** Results of tasks that may come again, by the hash of the call salted with the project. A bounded cache: the oldest lines go. */
export const burstMemo: Migration = {
  name: "0033-burst-memo",
  statement: `CREATE TABLE burst_memo (
      key bytea PRIMARY KEY,
      outputs json NOT NULL,
      made_at timestamptz NOT NULL
    )`,
};
