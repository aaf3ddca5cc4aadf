import type { Migration } from "./migration.ts";

/**
 * Balances of the burst ledger: one account for each project, month and currency, and one of the provider for each currency. Nobody gets back more than was posted.
 */
export const burstAccounts: Migration = {
  name: "0035-burst-accounts",
  statement: `CREATE TABLE burst_accounts (
      id text COLLATE "C" PRIMARY KEY,
      project_id text COLLATE "C",
      currency text COLLATE "C" NOT NULL,
      debits_pending numeric(38, 0) NOT NULL DEFAULT 0 CHECK (debits_pending >= 0),
      debits_posted numeric(38, 0) NOT NULL DEFAULT 0 CHECK (debits_posted >= 0),
      credits_pending numeric(38, 0) NOT NULL DEFAULT 0 CHECK (credits_pending >= 0),
      credits_posted numeric(38, 0) NOT NULL DEFAULT 0 CHECK (credits_posted >= 0),
      UNIQUE (project_id, id),
      CHECK (project_id IS NULL OR credits_posted <= debits_posted)
    ) WITH (fillfactor = 70)`,
};
