import type { Migration } from "./migration.ts";

/** The oldest lines of the memo are found without reading all of it. */
export const burstMemoAge: Migration = {
  name: "0042-burst-memo-age",
  statement: `CREATE INDEX burst_memo_made_at ON burst_memo (made_at)`,
};
