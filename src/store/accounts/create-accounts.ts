import type { Accounts } from "../accounts.ts";
import { identityAccounts } from "./identities.ts";
import { linkAccounts } from "./links.ts";
import { withoutUndefined, type AccountsStore } from "./records.ts";
import type { Connection } from "./rows.ts";
import { sessionAccounts } from "./sessions.ts";
import { tokenAccounts } from "./tokens.ts";
import { userAccounts } from "./users.ts";

/** Accounts in PostgreSQL. */
export function createAccounts(store: AccountsStore): Accounts {
  return {
    users: userAccounts(store),
    identities: identityAccounts(store),
    sessions: sessionAccounts(store),
    tokens: tokenAccounts(store),
    links: linkAccounts(store),
    refused: ({ userName, method, detail }, by) =>
      store.transact(by, (_, records) => {
        records.audit({
          verb: "sign-in",
          target: { kind: "user", name: userName },
          outcome: "refused",
          detail: withoutUndefined({ method, ...detail }),
        });
        return Promise.resolve();
      }),
    prune: ({ endedBefore, batch }) => prune(store.database, endedBefore, batch),
  };
}

async function prune(database: Connection, before: string, batch: number): Promise<number> {
  const sessions = await database
    .deleteFrom("sessions")
    .where("id", "in", (row) =>
      row.selectFrom("sessions").select("id").where("expires_at", "<", before).limit(batch),
    )
    .executeTakeFirst();
  const tokens = await database
    .deleteFrom("tokens")
    .where("id", "in", (row) =>
      row
        .selectFrom("tokens")
        .select("id")
        .where((token) => token.or([token("expires_at", "<", before), token("revoked_at", "<", before)]))
        .limit(batch),
    )
    .executeTakeFirst();
  const links = await database
    .deleteFrom("links")
    .where("id", "in", (row) =>
      row.selectFrom("links").select("id").where("expires_at", "<", before).limit(batch),
    )
    .executeTakeFirst();
  return Number(sessions.numDeletedRows + tokens.numDeletedRows + links.numDeletedRows);
}
