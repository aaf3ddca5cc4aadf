import { VdcError } from "#api/errors.ts";
import type { Attribution } from "#api/actor.ts";
import { assert } from "#lib/assert.ts";
import {
  accountLimits,
  type PasswordChange,
  type UserAccounts,
  type UserChange,
  type UserRecord,
} from "../accounts.ts";
import { recordDone, type AccountsStore } from "./records.ts";
import { lastSeen, selectUser, userOf, type Connection } from "./rows.ts";

export function userAccounts(store: AccountsStore): UserAccounts {
  const { db: database } = store;
  return {
    list: async () =>
      (await activeUsers(database).orderBy("users.name").limit(accountLimits.users).execute()).map(userOf),
    get: (name) => findUser(database, name),
    byId: async (id) => {
      const row = await activeUsers(database).where("users.id", "=", id).executeTakeFirst();
      return row === undefined ? undefined : userOf(row);
    },
    byEmail: (email) => findByEmail(database, email),
    isTaken: async (name) => (await takenBy(database, name)) !== undefined,
    create: (user, by) => createUser(store, user, by),
    change: (name, change, at, by) => changeUser(store, name, change, at, by),
    delete: (name, at, by) => deleteUser(store, name, at, by),
    setPassword: (change, by) => setPassword(store, change, by),
    rehash: async (userId, before, after) => {
      await database
        .updateTable("users")
        .set({ password_hash: after })
        .where("id", "=", userId)
        .where("password_hash", "=", before)
        .execute();
    },
    ownersWithoutSignIn: () => ownersWithoutSignIn(database),
  };
}

/** Users that are not deleted. */
function activeUsers(connection: Connection) {
  return connection
    .selectFrom("users")
    .select(selectUser())
    .select((user) => lastSeen(user).as("last_seen"))
    .where("users.deleted_at", "is", null);
}

async function findUser(connection: Connection, name: string): Promise<UserRecord | undefined> {
  const row = await activeUsers(connection).where("users.name", "=", name).executeTakeFirst();
  return row === undefined ? undefined : userOf(row);
}

async function findByEmail(connection: Connection, email: string): Promise<UserRecord | undefined> {
  if (email === "") return undefined;
  const rows = await activeUsers(connection)
    .where((user) => user(user.fn<string>("lower", ["users.email"]), "=", email.toLowerCase()))
    .where("users.disabled_at", "is", null)
    .limit(2)
    .execute();
  const [only] = rows;
  // Two users with one address: whose it is cannot be said, so it is nobody's.
  return only === undefined || rows.length > 1 ? undefined : userOf(only);
}

async function takenBy(connection: Connection, name: string) {
  return connection
    .selectFrom("users")
    .select(["id", "deleted_at"])
    .where("name", "=", name)
    .executeTakeFirst();
}

function createUser(
  store: AccountsStore,
  user: Parameters<UserAccounts["create"]>[0],
  by: Attribution,
): Promise<UserRecord> {
  return store.transact(by, async (tx, records) => {
    const taken = await takenBy(tx, user.name);
    if (taken !== undefined) {
      throw new VdcError(
        "already-exists",
        taken.deleted_at === null
          ? `There is a user '${user.name}' already.`
          : `The name '${user.name}' belonged to a user who was deleted; such names are never given again.`,
      );
    }
    const { count } = await tx
      .selectFrom("users")
      .select((row) => row.fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    if (count >= accountLimits.users)
      throw new VdcError(
        "conflict",
        `There are ${accountLimits.users} users already, the most there can be.`,
      );
    await tx
      .insertInto("users")
      .values({
        id: user.id,
        name: user.name,
        title: user.title,
        email: user.email ?? "",
        password_hash: null,
        is_owner: user.owner,
        created_at: user.createdAt,
        disabled_at: null,
        deleted_at: null,
      })
      .execute();
    recordDone(records, {
      verb: "create",
      target: { kind: "user", name: user.name, id: user.id },
      type: "user.created",
      message: `User ${user.name} was created${user.owner ? " as an owner" : ""}.`,
      detail: { title: user.title, email: user.email, owner: user.owner },
    });
    return { ...user, disabled: false };
  });
}

function changeUser(
  store: AccountsStore,
  name: string,
  change: UserChange,
  at: string,
  by: Attribution,
): Promise<UserRecord> {
  return store.transact(by, async (tx, records) => {
    const before = await findUser(tx, name);
    if (before === undefined) throw noUser(name);
    const after = changed(before, change);
    if (JSON.stringify(after) === JSON.stringify(before)) return before;
    if (isEnabledOwner(before) && !isEnabledOwner(after)) await keepAnOwner(tx, before);
    await tx
      .updateTable("users")
      .set({ title: after.title, email: after.email ?? "", is_owner: after.owner })
      .$if(before.disabled !== after.disabled, (query) =>
        query.set({ disabled_at: after.disabled ? at : null }),
      )
      .where("id", "=", before.id)
      .execute();
    if (after.disabled && !before.disabled) await endAccess(tx, before.id, at);
    recordDone(records, {
      verb: "change",
      target: { kind: "user", name, id: before.id },
      type: "user.changed",
      message: changeSentence(before, after),
      detail: { ...change },
    });
    return after;
  });
}

function changed(before: UserRecord, change: UserChange): UserRecord {
  return {
    ...before,
    title: change.title ?? before.title,
    ...(change.email === undefined ? {} : { email: change.email }),
    owner: change.owner ?? before.owner,
    disabled: change.disabled ?? before.disabled,
  };
}

function changeSentence(before: UserRecord, after: UserRecord): string {
  if (before.disabled !== after.disabled)
    return `User ${before.name} was ${after.disabled ? "disabled" : "enabled"}.`;
  if (before.owner !== after.owner)
    return `User ${before.name} ${after.owner ? "became" : "is no longer"} an owner of the data center.`;
  return `User ${before.name} was changed.`;
}

function deleteUser(store: AccountsStore, name: string, at: string, by: Attribution): Promise<void> {
  return store.transact(by, async (tx, records) => {
    const user = await findUser(tx, name);
    if (user === undefined) throw noUser(name);
    if (isEnabledOwner(user)) await keepAnOwner(tx, user);
    // The row stays and keeps the name; what is about the person goes.
    await tx
      .updateTable("users")
      .set({ deleted_at: at, title: "", email: "", password_hash: null, is_owner: false })
      .where("id", "=", user.id)
      .execute();
    await endAccess(tx, user.id, at);
    recordDone(records, {
      verb: "delete",
      target: { kind: "user", name, id: user.id },
      type: "user.deleted",
      message: `User ${name} was deleted.`,
    });
  });
}

function isEnabledOwner(user: UserRecord): boolean {
  return user.owner && !user.disabled;
}

/** Invariant: there is always an enabled owner, once there was one. */
async function keepAnOwner(tx: Connection, leaving: UserRecord): Promise<void> {
  const other = await tx
    .selectFrom("users")
    .select("id")
    .where("is_owner", "=", true)
    .where("disabled_at", "is", null)
    .where("deleted_at", "is", null)
    .where("id", "!=", leaving.id)
    .limit(1)
    .executeTakeFirst();
  if (other !== undefined) return;
  throw new VdcError(
    "conflict",
    `'${leaving.name}' is the last enabled owner of the data center; make somebody else an owner first.`,
  );
}

/** Ends everything that the user could come in with. */
async function endAccess(tx: Connection, userId: string, at: string): Promise<void> {
  await tx.deleteFrom("sessions").where("user_id", "=", userId).execute();
  await tx.deleteFrom("links").where("user_id", "=", userId).where("used_at", "is", null).execute();
  await tx
    .updateTable("tokens")
    .set({ revoked_at: at })
    .where("user_id", "=", userId)
    .where("revoked_at", "is", null)
    .execute();
}

function setPassword(store: AccountsStore, change: PasswordChange, by: Attribution): Promise<boolean> {
  return store.transact(by, async (tx, records) => {
    const row = await tx
      .updateTable("users")
      .set({ password_hash: change.after })
      .where("id", "=", change.userId)
      .where("disabled_at", "is", null)
      .where("deleted_at", "is", null)
      // Two changes at once: the second was made with a password that no longer is one.
      .where("password_hash", "is not distinct from", change.before ?? null)
      .returning("name")
      .executeTakeFirst();
    if (row === undefined) return false;
    await tx
      .deleteFrom("sessions")
      .where("user_id", "=", change.userId)
      .where("id", "!=", change.keepSession ?? "")
      .execute();
    await tx.deleteFrom("links").where("user_id", "=", change.userId).where("used_at", "is", null).execute();
    recordDone(records, {
      verb: "change-password",
      target: { kind: "user", name: row.name, id: change.userId },
      type: "user.password-changed",
      message: `User ${row.name} set a ${change.before === undefined ? "first" : "new"} password.`,
    });
    return true;
  });
}

async function ownersWithoutSignIn(connection: Connection): Promise<readonly UserRecord[] | undefined> {
  const rows = await activeUsers(connection)
    .select((user) =>
      user
        .or([
          user.exists(user.selectFrom("sessions").select("id").whereRef("sessions.user_id", "=", "users.id")),
          user.exists(
            user
              .selectFrom("links")
              .select("id")
              .whereRef("links.user_id", "=", "users.id")
              .where("links.used_at", "is not", null),
          ),
          // One of a project may have been made for them, by the machine itself.
          user.exists(
            user
              .selectFrom("tokens")
              .select("id")
              .whereRef("tokens.user_id", "=", "users.id")
              .where("tokens.project", "is", null),
          ),
          user.exists(
            user.selectFrom("identities").select("issuer").whereRef("identities.user_id", "=", "users.id"),
          ),
        ])
        .as("signed_in"),
    )
    .where("users.is_owner", "=", true)
    .where("users.disabled_at", "is", null)
    .orderBy("users.created_at")
    .execute();
  assert(rows.length <= accountLimits.users, "there are no more users than the limit");
  if (rows.some((row) => row.user_password_hash !== null || row.signed_in)) return undefined;
  return rows.map(userOf);
}

function noUser(name: string): VdcError {
  return new VdcError("not-found", `There is no user '${name}'.`);
}
