import type { Migration } from "./migration.ts";

/** Offers. The figures never change; what becomes of one is beside them. Ids sort by creation. */
export const burstOffers: Migration = {
  name: "0038-burst-offers",
  statement: `CREATE TABLE burst_offers (
      id text COLLATE "C" PRIMARY KEY,
      project_id text COLLATE "C" NOT NULL,
      state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'accepted', 'expired', 'settled')),
      figures json NOT NULL,
      bound numeric(38, 0) NOT NULL CHECK (bound >= 0),
      valid_until timestamptz NOT NULL,
      job text COLLATE "C" UNIQUE,
      created_by text NOT NULL,
      UNIQUE (project_id, id),
      CHECK ((state IN ('accepted', 'settled')) = (job IS NOT NULL))
    ) WITH (fillfactor = 90)`,
};
