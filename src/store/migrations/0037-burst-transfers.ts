import type { Migration } from "./migration.ts";

/** Transfers of the burst ledger. Rows are only added; what ends a hold names it, and a hold ends once. */
export const burstTransfers: Migration = {
  name: "0037-burst-transfers",
  statement: `CREATE TABLE burst_transfers (
      id text COLLATE "C" PRIMARY KEY,
      sequence bigint GENERATED ALWAYS AS IDENTITY,
      kind text COLLATE "C" NOT NULL CHECK (kind IN ('hold', 'post', 'void', 'refund')),
      project_id text COLLATE "C" NOT NULL,
      debit text COLLATE "C" NOT NULL REFERENCES burst_accounts (id),
      credit text COLLATE "C" NOT NULL REFERENCES burst_accounts (id),
      amount numeric(38, 0) NOT NULL CHECK (amount >= 0),
      currency text COLLATE "C" NOT NULL,
      job text COLLATE "C" NOT NULL,
      ends text COLLATE "C" UNIQUE REFERENCES burst_transfers (id),
      expires_at timestamptz,
      text text NOT NULL,
      at timestamptz NOT NULL,
      UNIQUE (project_id, sequence),
      UNIQUE (job, sequence),
      CHECK ((kind IN ('post', 'void')) = (ends IS NOT NULL)),
      CHECK ((kind = 'hold') = (expires_at IS NOT NULL))
    )`,
};
