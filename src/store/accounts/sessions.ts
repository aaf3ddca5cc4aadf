import { sql } from "kysely";
import type { Attribution } from "#api/actor.ts";
import {
  accountLimits,
  type NewSession,
  type SessionAccounts,
  type SignInMethod,
  type SignInProof,
} from "../accounts.ts";
import { recordDone, type AccountsStore, type Records } from "./records.ts";
import { selectUser, sessionOf, userOf, type Connection } from "./rows.ts";

export function sessionAccounts(store: AccountsStore): SessionAccounts {
  const { db: database } = store;
  return {
    find: async (secretHash) => {
      const row = await sessionRows(database)
        .select(selectUser())
        .where("sessions.secret_hash", "=", secretHash)
        .where("users.disabled_at", "is", null)
        .where("users.deleted_at", "is", null)
        .executeTakeFirst();
      return row === undefined ? undefined : { session: sessionOf(row), user: userOf(row) };
    },
    ofUser: async (userId) => {
      const rows = await sessionRows(database)
        .where("sessions.user_id", "=", userId)
        .orderBy("sessions.created_at", "desc")
        .limit(accountLimits.sessionsOfUser)
        .execute();
      return rows.map(sessionOf);
    },
    open: (session, proof, by) =>
      store.transact(by, (tx, records) => openSession(tx, records, session, proof)),
    end: (id, userId, by) => endSession(store, id, userId, by),
    touch: async (id, at) => {
      await database
        .updateTable("sessions")
        .set({ last_seen_at: at })
        .where("id", "=", id)
        .where("last_seen_at", "<", at)
        .execute();
    },
  };
}

function sessionRows(connection: Connection) {
  return connection
    .selectFrom("sessions")
    .innerJoin("users", "users.id", "sessions.user_id")
    .select([
      "sessions.id",
      "sessions.user_id",
      "sessions.created_at",
      "sessions.last_seen_at",
      "sessions.expires_at",
      "sessions.address",
      "sessions.user_agent",
    ])
    .select(
      // A link is used and its session is opened by one transaction at one time: that is what tells them.
      sql<boolean>`EXISTS (SELECT FROM links WHERE links.user_id = sessions.user_id
        AND links.used_at = sessions.created_at)`.as("by_link"),
    );
}

/** Inside a transaction: false when the user is gone or disabled, or the password is another one by now. */
export async function openSession(
  tx: Connection,
  records: Records,
  session: NewSession,
  proof: SignInProof,
): Promise<boolean> {
  const user = await enabledUser(tx, session.userId, proof);
  if (user === undefined) return false;
  await endOldest(tx, session.userId);
  await tx
    .insertInto("sessions")
    .values({
      id: session.id,
      secret_hash: session.secretHash,
      user_id: session.userId,
      created_at: session.createdAt,
      last_seen_at: session.createdAt,
      expires_at: session.expiresAt,
      address: session.address ?? "",
      user_agent: session.userAgent ?? "",
    })
    .execute();
  recordSignIn(records, { id: session.userId, name: user.name }, proof.method, { session: session.id });
  return true;
}

export function recordSignIn(
  records: Records,
  user: { readonly id: string; readonly name: string },
  method: SignInMethod,
  credential: { readonly session: string } | { readonly token: string },
): void {
  const by = { link: "a one-time link", password: "a password", oidc: "OpenID Connect", app: "an app" }[
    method
  ];
  recordDone(records, {
    verb: "sign-in",
    target: { kind: "user", name: user.name, id: user.id },
    type: "user.signed-in",
    message: `User ${user.name} signed in with ${by}.`,
    detail: { method, ...credential },
  });
}

export async function enabledUser(tx: Connection, userId: string, proof?: SignInProof) {
  return tx
    .selectFrom("users")
    .select("name")
    .where("id", "=", userId)
    .where("disabled_at", "is", null)
    .where("deleted_at", "is", null)
    .$if(proof?.method === "password", (query) =>
      query.where("password_hash", "=", proof?.method === "password" ? proof.passwordHash : ""),
    )
    .executeTakeFirst();
}

/** Leaves room for one more. */
async function endOldest(tx: Connection, userId: string): Promise<void> {
  await tx
    .deleteFrom("sessions")
    .where("id", "in", (sessions) =>
      sessions
        .selectFrom("sessions as older")
        .select("older.id")
        .where("older.user_id", "=", userId)
        .orderBy("older.last_seen_at", "desc")
        .orderBy("older.id", "desc")
        .offset(accountLimits.sessionsOfUser - 1),
    )
    .execute();
}

function endSession(store: AccountsStore, id: string, userId: string, by: Attribution): Promise<boolean> {
  return store.transact(by, async (tx, records) => {
    const gone = await tx
      .deleteFrom("sessions")
      .where("id", "=", id)
      .where("user_id", "=", userId)
      .returning("id")
      .executeTakeFirst();
    if (gone === undefined) return false;
    const user = await tx
      .selectFrom("users")
      .select("name")
      .where("id", "=", userId)
      .executeTakeFirstOrThrow();
    recordDone(records, {
      verb: "sign-out",
      target: { kind: "user", name: user.name, id: userId },
      type: "user.signed-out",
      message: `A session of user ${user.name} ended.`,
      detail: { session: id },
    });
    return true;
  });
}
