import { VdcError } from "#api/errors.ts";
import type { Attribution } from "#api/actor.ts";
import { accountLimits, type NewToken, type SignInProof, type TokenAccounts } from "../accounts.ts";
import { recordDone, type AccountsStore, type Records } from "./records.ts";
import { selectUser, tokenOf, userOf, type Connection } from "./rows.ts";
import { enabledUser, recordSignIn } from "./sessions.ts";

export function tokenAccounts(store: AccountsStore): TokenAccounts {
  const { db: database } = store;
  return {
    find: async (secretHash) => {
      const row = await tokenRows(database)
        .select(selectUser())
        .where("tokens.secret_hash", "=", secretHash)
        .where("users.disabled_at", "is", null)
        .where("users.deleted_at", "is", null)
        .executeTakeFirst();
      return row === undefined ? undefined : { token: tokenOf(row), user: userOf(row) };
    },
    list: async ({ userId, liveAt, limit }) => {
      const rows = await tokenRows(database)
        .$if(userId !== undefined, (query) => query.where("tokens.user_id", "=", userId ?? ""))
        .where("tokens.expires_at", ">", liveAt)
        .orderBy("tokens.created_at", "desc")
        .orderBy("tokens.id", "desc")
        .limit(limit)
        .execute();
      return rows.map(tokenOf);
    },
    create: (token, signIn, by) =>
      store.transact(by, (tx, records) => createToken(tx, records, token, signIn)),
    revoke: (id, userId, at, by) => revokeToken(store, { id, userId, at }, by),
    touch: async (id, at) => {
      await database.updateTable("tokens").set({ last_used_at: at }).where("id", "=", id).execute();
    },
  };
}

/** Tokens that are not revoked. */
function tokenRows(connection: Connection) {
  return connection
    .selectFrom("tokens")
    .innerJoin("users", "users.id", "tokens.user_id")
    .select([
      "tokens.id",
      "tokens.user_id",
      "users.name as user_name",
      "tokens.name",
      "tokens.project",
      "tokens.role",
      "tokens.created_at",
      "tokens.expires_at",
      "tokens.last_used_at",
    ])
    .where("tokens.revoked_at", "is", null);
}

/** Inside a transaction: false when the user is gone or disabled. */
export async function createToken(
  tx: Connection,
  records: Records,
  token: NewToken,
  signIn: SignInProof | undefined,
): Promise<boolean> {
  const user = await enabledUser(tx, token.userId, signIn);
  if (user === undefined) return false;
  await refuseTooMany(tx, token);
  await tx
    .insertInto("tokens")
    .values({
      id: token.id,
      secret_hash: token.secretHash,
      user_id: token.userId,
      name: token.name,
      project: token.project ?? null,
      role: token.role ?? null,
      created_at: token.createdAt,
      expires_at: token.expiresAt,
      last_used_at: null,
      revoked_at: null,
    })
    .execute();
  if (signIn !== undefined)
    recordSignIn(records, { id: token.userId, name: user.name }, signIn.method, { token: token.id });
  recordDone(records, {
    verb: "create",
    target: { kind: "token", name: token.name, id: token.id },
    type: "token.created",
    message: `User ${user.name} got the API token ${token.name}.`,
    detail: { user: user.name, project: token.project, role: token.role, expiresAt: token.expiresAt },
  });
  return true;
}

async function refuseTooMany(tx: Connection, token: NewToken): Promise<void> {
  const { count } = await tx
    .selectFrom("tokens")
    .select((row) => row.fn.countAll<number>().as("count"))
    .where("user_id", "=", token.userId)
    .where("revoked_at", "is", null)
    .where("expires_at", ">", token.createdAt)
    .executeTakeFirstOrThrow();
  if (count < accountLimits.liveTokensOfUser) return;
  throw new VdcError(
    "conflict",
    `There are ${accountLimits.liveTokensOfUser} tokens of this user already; revoke one first.`,
  );
}

function revokeToken(
  store: AccountsStore,
  token: { readonly id: string; readonly userId: string | undefined; readonly at: string },
  by: Attribution,
): Promise<boolean> {
  return store.transact(by, async (tx, records) => {
    const row = await tx
      .updateTable("tokens")
      .set({ revoked_at: token.at })
      .where("id", "=", token.id)
      .where("revoked_at", "is", null)
      .$if(token.userId !== undefined, (query) => query.where("user_id", "=", token.userId ?? ""))
      .returning(["name", "user_id"])
      .executeTakeFirst();
    if (row === undefined) return false;
    recordDone(records, {
      verb: "revoke",
      target: { kind: "token", name: row.name, id: token.id },
      type: "token.revoked",
      message: `The API token ${row.name} was revoked.`,
      detail: { userId: row.user_id },
    });
    return true;
  });
}
