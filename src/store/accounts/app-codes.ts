import type { AppCodeAccounts } from "../accounts.ts";
import { recordDone, type AccountsStore } from "./records.ts";
import { selectUser, userOf } from "./rows.ts";
import { enabledUser } from "./sessions.ts";

export function appCodeAccounts(store: AccountsStore): AppCodeAccounts {
  return {
    create: (code, by) =>
      store.transact(by, async (tx, records) => {
        const { userId, project, app, challenge, secretHash, expiresAt } = code;
        const user = await enabledUser(tx, userId);
        if (user === undefined) return false;
        await tx
          .deleteFrom("app_codes")
          .where("user_id", "=", userId)
          .where("project", "=", project)
          .where("app", "=", app)
          .execute();
        const row = { secret_hash: secretHash, user_id: userId, project, app, challenge };
        await tx
          .insertInto("app_codes")
          .values({ ...row, expires_at: expiresAt })
          .execute();
        recordDone(records, {
          verb: "authorize",
          target: { kind: "app", name: app },
          type: "app.authorized",
          message: `User ${user.name} let app ${app} act for them in project ${project}.`,
          detail: { user: user.name, project, app },
        });
        return true;
      }),
    take: async (secretHash, at) => {
      const code = await store.db
        .deleteFrom("app_codes")
        .where("secret_hash", "=", secretHash)
        .where("expires_at", ">", at)
        .returning(["user_id", "project", "app", "challenge"])
        .executeTakeFirst();
      if (code === undefined) return undefined;
      const row = await store.db
        .selectFrom("users")
        .select(selectUser())
        .where("id", "=", code.user_id)
        .where("disabled_at", "is", null)
        .where("deleted_at", "is", null)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const { user_id: userId, project, app, challenge } = code;
      return { userId, project, app, challenge, user: userOf(row) };
    },
  };
}
