import type { Attribution } from "#api/actor.ts";
import type { LinkAccounts, LinkRecord } from "../accounts.ts";
import { recordDone, type AccountsStore } from "./records.ts";
import { selectUser, userOf } from "./rows.ts";
import { enabledUser, openSession } from "./sessions.ts";
import { createToken } from "./tokens.ts";

export function linkAccounts(store: AccountsStore): LinkAccounts {
  return {
    create: (link, by) => createLink(store, link, by),
    find: async (secretHash, at) => {
      const row = await store.db
        .selectFrom("links")
        .innerJoin("users", "users.id", "links.user_id")
        .select(selectUser())
        .where("links.secret_hash", "=", secretHash)
        .where("links.used_at", "is", null)
        .where("links.expires_at", ">", at)
        .where("users.disabled_at", "is", null)
        .where("users.deleted_at", "is", null)
        .executeTakeFirst();
      return row === undefined ? undefined : userOf(row);
    },
    take: (link, opens, by) =>
      store.transact(by, async (tx, records) => {
        const userId = "session" in opens ? opens.session.userId : opens.token.userId;
        const used = await tx
          .updateTable("links")
          .set({ used_at: link.at })
          .where("secret_hash", "=", link.secretHash)
          .where("user_id", "=", userId)
          .where("used_at", "is", null)
          .where("expires_at", ">", link.at)
          .returning("id")
          .executeTakeFirst();
        if (used === undefined) return false;
        if ("session" in opens) return openSession(tx, records, opens.session, { method: "link" });
        return createToken(tx, records, opens.token, { method: "link" });
      }),
  };
}

function createLink(store: AccountsStore, link: LinkRecord, by: Attribution): Promise<boolean> {
  return store.transact(by, async (tx, records) => {
    const user = await enabledUser(tx, link.userId);
    if (user === undefined) return false;
    await tx.deleteFrom("links").where("user_id", "=", link.userId).where("used_at", "is", null).execute();
    await tx
      .insertInto("links")
      .values({
        id: link.id,
        secret_hash: link.secretHash,
        user_id: link.userId,
        created_at: link.createdAt,
        expires_at: link.expiresAt,
        used_at: null,
      })
      .execute();
    recordDone(records, {
      verb: "create",
      target: { kind: "link", name: user.name, id: link.id },
      type: "user.link-created",
      message: `A one-time sign-in link was made for user ${user.name}.`,
      detail: { user: user.name, expiresAt: link.expiresAt },
    });
    return true;
  });
}
