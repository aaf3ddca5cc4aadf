import type { IdentityAccounts } from "../accounts.ts";
import { recordDone, type AccountsStore } from "./records.ts";
import { selectUser, userOf } from "./rows.ts";
import { enabledUser } from "./sessions.ts";

export function identityAccounts(store: AccountsStore): IdentityAccounts {
  const { db: database } = store;
  return {
    find: async (issuer, subject) => {
      const row = await database
        .selectFrom("identities")
        .innerJoin("users", "users.id", "identities.user_id")
        .select(selectUser())
        .where("identities.issuer", "=", issuer)
        .where("identities.subject", "=", subject)
        .executeTakeFirst();
      return row === undefined ? undefined : { user: userOf(row), deleted: row.user_deleted_at !== null };
    },
    has: async (userId, issuer) => {
      const row = await database
        .selectFrom("identities")
        .select("subject")
        .where("user_id", "=", userId)
        .where("issuer", "=", issuer)
        .executeTakeFirst();
      return row !== undefined;
    },
    add: (identity, by) =>
      store.transact(by, async (tx, records) => {
        const user = await enabledUser(tx, identity.userId);
        if (user === undefined) return false;
        const taken = await tx
          .selectFrom("identities")
          .select("user_id")
          .where("issuer", "=", identity.issuer)
          .where((row) =>
            row.or([row("subject", "=", identity.subject), row("user_id", "=", identity.userId)]),
          )
          .executeTakeFirst();
        if (taken !== undefined) return false;
        await tx
          .insertInto("identities")
          .values({ issuer: identity.issuer, subject: identity.subject, user_id: identity.userId })
          .execute();
        recordDone(records, {
          verb: "add-identity",
          target: { kind: "user", name: user.name, id: identity.userId },
          type: "user.identity-added",
          message: `User ${user.name} may now sign in through ${identity.issuer}.`,
          detail: { issuer: identity.issuer, subject: identity.subject },
        });
        return true;
      }),
  };
}
