import type { Accounts } from "../accounts.ts";
import type { PostgresStore } from "../postgres/open.ts";
import { answered } from "../postgres/resources.ts";
import { appCodeAccounts } from "./app-codes.ts";
import { identityAccounts } from "./identities.ts";
import { linkAccounts } from "./links.ts";
import { withoutUndefined, type AccountsStore } from "./records.ts";
import type { Connection } from "./rows.ts";
import { sessionAccounts } from "./sessions.ts";
import { tokenAccounts } from "./tokens.ts";
import { userAccounts } from "./users.ts";

/** Accounts in PostgreSQL. Every method may throw `unavailable` while the database is away. */
export function createAccounts(postgres: Pick<PostgresStore, "db" | "transact">): Accounts {
  const store: AccountsStore = {
    db: postgres.db,
    transact: (by, work) =>
      postgres.transact(by, (tx, records) =>
        work(tx, {
          audit: (entry) => records.audit(entry),
          event: (event) => records.event({ ...event, actor: by.actor }),
        }),
      ),
  };
  return {
    users: answering(userAccounts(store)),
    identities: answering(identityAccounts(store)),
    sessions: answering(sessionAccounts(store)),
    tokens: answering(tokenAccounts(store)),
    links: answering(linkAccounts(store)),
    appCodes: answering(appCodeAccounts(store)),
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
    prune: ({ endedBefore, batch }) => answered(prune(store.db, endedBefore, batch)),
  };
}

/** The same methods; what the database fails with becomes what callers see. */
function answering<T extends object>(methods: T): T {
  const wrapped = Object.entries(methods).map(
    ([name, method]: [string, (...given: never[]) => Promise<unknown>]) => [
      name,
      (...given: never[]) => answered(method(...given)),
    ],
  );
  return Object.fromEntries(wrapped) as T; // the same names with functions of the same types
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
  const codes = await database.deleteFrom("app_codes").where("expires_at", "<", before).executeTakeFirst();
  const deleted = [sessions, tokens, links, codes].map((one) => Number(one.numDeletedRows));
  return deleted.reduce((sum, one) => sum + one, 0);
}
