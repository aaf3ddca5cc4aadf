import type { Migration } from "./migration.ts";

/** Who a provider of OpenID Connect says somebody is. */
export const identities: Migration = {
  name: "0020-identities",
  statement: `CREATE TABLE identities (
      issuer text COLLATE "C" NOT NULL,
      subject text COLLATE "C" NOT NULL,
      user_id text COLLATE "C" NOT NULL REFERENCES users (id),
      PRIMARY KEY (issuer, subject)
    )`,
};
