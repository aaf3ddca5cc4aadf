import { sql, type ExpressionBuilder, type Kysely, type RawBuilder } from "kysely";
import { roles, type Role } from "#api/access.ts";
import type { SessionRecord, TokenRecord, UserRecord } from "../accounts.ts";
import type { Database } from "../postgres/schema.ts";
import { assert } from "#lib/assert.ts";
import type { Id } from "#lib/ids.ts";

/** Where statements run: the pool, or one transaction. */
export type Connection = Kysely<Database>;

const userColumns = [
  "users.id as user_id",
  "users.name as user_name",
  "users.title as user_title",
  "users.email as user_email",
  "users.password_hash as user_password_hash",
  "users.is_owner as user_is_owner",
  "users.created_at as user_created_at",
  "users.disabled_at as user_disabled_at",
  "users.deleted_at as user_deleted_at",
] as const;

/** Columns of a user under names that do not clash with those of a joined table. */
export function selectUser() {
  return userColumns;
}

/** Newest use of a session or token of the user at hand. */
export function lastSeen(user: ExpressionBuilder<Database, "users">): RawBuilder<string | null> {
  return sql<string | null>`greatest(
    (SELECT max(last_seen_at) FROM sessions WHERE sessions.user_id = ${user.ref("users.id")}),
    (SELECT max(last_used_at) FROM tokens WHERE tokens.user_id = ${user.ref("users.id")}))`;
}

export interface UserRow {
  readonly user_id: string;
  readonly user_name: string;
  readonly user_title: string;
  readonly user_email: string;
  readonly user_password_hash: string | null;
  readonly user_is_owner: boolean;
  readonly user_created_at: string;
  readonly user_disabled_at: string | null;
  readonly user_deleted_at: string | null;
  readonly last_seen?: string | null;
}

export function userOf(row: UserRow): UserRecord {
  return {
    id: row.user_id as Id<"user">, // written by us as an id of this kind
    name: row.user_name,
    title: row.user_title,
    ...(row.user_email === "" ? {} : { email: row.user_email }),
    owner: row.user_is_owner,
    ...(row.user_password_hash === null ? {} : { passwordHash: row.user_password_hash }),
    disabled: row.user_disabled_at !== null,
    createdAt: row.user_created_at,
    ...(row.last_seen === undefined || row.last_seen === null ? {} : { lastSeenAt: row.last_seen }),
  };
}

export interface SessionRow {
  readonly id: string;
  readonly user_id: string;
  readonly created_at: string;
  readonly last_seen_at: string;
  readonly expires_at: string;
  readonly address: string;
  readonly user_agent: string;
  readonly by_link: boolean;
}

export function sessionOf(row: SessionRow): SessionRecord {
  return {
    id: row.id as Id<"session">, // written by us as an id of this kind
    userId: row.user_id,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    expiresAt: row.expires_at,
    ...(row.address === "" ? {} : { address: row.address }),
    ...(row.user_agent === "" ? {} : { userAgent: row.user_agent }),
    byLink: row.by_link,
  };
}

export interface TokenRow {
  readonly id: string;
  readonly user_id: string;
  readonly user_name: string;
  readonly name: string;
  readonly project: string | null;
  readonly role: string | null;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

export function tokenOf(row: TokenRow): TokenRecord {
  assert(row.expires_at !== null, "every token ends");
  return {
    id: row.id as Id<"token">, // written by us as an id of this kind
    userId: row.user_id,
    userName: row.user_name,
    name: row.name,
    ...(row.project === null ? {} : { project: row.project }),
    ...(row.role === null ? {} : { role: roleOf(row.role) }),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at }),
  };
}

function roleOf(text: string): Role {
  const role = roles.find((known) => known === text);
  assert(role !== undefined, "a stored role is one of the known roles");
  return role;
}
