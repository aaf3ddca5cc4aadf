import type { Migration } from "./migration.ts";

/** The most that a month of a project may cost. Its row's lock puts everything that reserves money of the project in one line. */
export const burstBudgets: Migration = {
  name: "0036-burst-budgets",
  statement: `CREATE TABLE burst_budgets (
      project_id text COLLATE "C" PRIMARY KEY,
      currency text COLLATE "C" NOT NULL,
      amount numeric(38, 0) NOT NULL CHECK (amount >= 0),
      alerts_at json NOT NULL,
      alerts_month text COLLATE "C" NOT NULL,
      reached json NOT NULL,
      told json NOT NULL
    )`,
};
