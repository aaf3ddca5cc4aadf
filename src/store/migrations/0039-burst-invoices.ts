import type { Migration } from "./migration.ts";

/** What a settled job cost, line by line. The lines never change; refunds are transfers. */
export const burstInvoices: Migration = {
  name: "0039-burst-invoices",
  statement: `CREATE TABLE burst_invoices (
      job text COLLATE "C" PRIMARY KEY,
      project_id text COLLATE "C" NOT NULL,
      month text COLLATE "C" NOT NULL,
      settled_at timestamptz NOT NULL,
      object json NOT NULL,
      UNIQUE (project_id, month, job)
    )`,
};
