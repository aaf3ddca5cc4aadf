import type { Migration } from "./migration.ts";

/** Which number, and so which system account, an app has on a machine. */
export const appAccounts: Migration = {
  name: "0029-app-accounts",
  statement: `CREATE TABLE app_accounts (
      machine text COLLATE "C" NOT NULL,
      project text COLLATE "C" NOT NULL,
      app text COLLATE "C" NOT NULL,
      number bigint NOT NULL CHECK (number >= 0),
      PRIMARY KEY (machine, project, app),
      UNIQUE (machine, number)
    )`,
};
