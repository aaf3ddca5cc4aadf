import type { Migration } from "./migration.ts";

/** Workers that were caught lying: whoever schedules next refuses them, too, until an owner lets them back in. */
export const burstQuarantines: Migration = {
  name: "0043-burst-quarantines",
  statement: `CREATE TABLE burst_quarantines (
      key text COLLATE "C" PRIMARY KEY,
      id text COLLATE "C" NOT NULL,
      object json NOT NULL,
      found_at timestamptz NOT NULL
    )`,
};
