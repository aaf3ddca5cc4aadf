import type { Role } from "#api/access.ts";
import type { Attribution } from "#api/actor.ts";
import type { Id } from "#lib/ids.ts";
import type { JsonObject } from "#lib/json.ts";

/**
 * Users and what they sign in with. Secrets arrive here as SHA-256 in hex and never in clear. Every change is
 * one transaction with its audit entry and its event; rules over several rows (the last owner, a link that
 * works once) are decided inside it. Times are ISO 8601 UTC and come from the caller.
 */
export interface Accounts {
  readonly users: UserAccounts;
  readonly identities: IdentityAccounts;
  readonly sessions: SessionAccounts;
  readonly tokens: TokenAccounts;
  readonly links: LinkAccounts;
  readonly appCodes: AppCodeAccounts;
  /** Records a sign-in that was refused. `userName` is what the caller typed, already clipped. */
  refused(attempt: RefusedSignIn, by: Attribution): Promise<void>;
  /** Deletes what ended before `endedBefore`, at most `batch` rows of each table; says how many went. */
  prune(limits: { readonly endedBefore: string; readonly batch: number }): Promise<number>;
}

/** Named limits of what one data center keeps. Passing one is `conflict` with the remedy. */
export const accountLimits = {
  users: 10_000,
  liveTokensOfUser: 200,
  /** Beyond it the oldest session ends: a sign-in is never refused for old browsers. */
  sessionsOfUser: 50,
} as const;

export interface UserRecord {
  readonly id: Id<"user">;
  readonly name: string;
  readonly title: string;
  readonly email?: string;
  readonly owner: boolean;
  /** PHC string. */
  readonly passwordHash?: string;
  readonly disabled: boolean;
  readonly createdAt: string;
  /** Newest use of any session or token that is still kept. */
  readonly lastSeenAt?: string;
}

export interface NewUserRecord {
  readonly id: Id<"user">;
  readonly name: string;
  readonly title: string;
  readonly email?: string;
  readonly owner: boolean;
  readonly createdAt: string;
}

export interface UserAccounts {
  /** Users that are not deleted, by name; at most `accountLimits.users`. */
  list(): Promise<readonly UserRecord[]>;
  /** Undefined also for a deleted one. */
  get(name: string): Promise<UserRecord | undefined>;
  byId(id: string): Promise<UserRecord | undefined>;
  /** The one enabled user with this e-mail address, whatever its case; undefined for none and for several. */
  byEmail(email: string): Promise<UserRecord | undefined>;
  /** Whether the name is taken, by a deleted user too. */
  isTaken(name: string): Promise<boolean>;
  /** Throws `already-exists`, also for the name of a deleted user. */
  create(user: NewUserRecord, by: Attribution): Promise<UserRecord>;
  /** Throws `not-found`; `conflict` for the last enabled owner. Disabling ends sessions, tokens and links. */
  change(name: string, change: UserChange, at: string, by: Attribution): Promise<UserRecord>;
  /** Throws `not-found`; `conflict` for the last enabled owner. Ends sessions, tokens and links. */
  delete(name: string, at: string, by: Attribution): Promise<void>;
  /** Sets the password and ends every session but `keepSession`, and unused links. False when the user is gone. */
  setPassword(change: PasswordChange, by: Attribution): Promise<boolean>;
  /** The same password under newer parameters: nothing that anybody has to know of, so no record. */
  rehash(userId: string, before: string, after: string): Promise<void>;
  /** Enabled owners that never signed in and have no password, when there is no other owner; else undefined. */
  ownersWithoutSignIn(): Promise<readonly UserRecord[] | undefined>;
}

export interface UserChange {
  readonly title?: string | undefined;
  readonly email?: string | undefined;
  readonly owner?: boolean | undefined;
  readonly disabled?: boolean | undefined;
}

export interface PasswordChange {
  readonly userId: string;
  /** The hash that was checked; another one meanwhile refuses the change. */
  readonly before: string | undefined;
  readonly after: string;
  readonly keepSession: string | undefined;
  readonly at: string;
}

export interface IdentityAccounts {
  /** Who it is, deleted and disabled users included: their identity stays theirs. */
  find(
    issuer: string,
    subject: string,
  ): Promise<{ readonly user: UserRecord; readonly deleted: boolean } | undefined>;
  /** Whether the user has an identity of this issuer already. */
  has(userId: string, issuer: string): Promise<boolean>;
  /** False when the identity, or another one of the user's by this issuer, came first. */
  add(
    identity: { readonly issuer: string; readonly subject: string; readonly userId: string },
    by: Attribution,
  ): Promise<boolean>;
}

export interface SessionRecord {
  readonly id: Id<"session">;
  readonly userId: string;
  readonly createdAt: string;
  readonly lastSeenAt: string;
  /** Absolute end; the idle end is the caller's to decide. */
  readonly expiresAt: string;
  readonly address?: string;
  readonly userAgent?: string;
  /** Came by a one-time link. */
  readonly byLink: boolean;
}

export interface NewSession extends Omit<SessionRecord, "lastSeenAt" | "byLink"> {
  readonly secretHash: string;
}

/** How somebody signed in; goes into the audit entry and the event. */
export type SignInMethod = "link" | "password" | "oidc" | "app";

/** What a sign-in was checked against. A password that was changed since then refuses it. */
export type SignInProof =
  | { readonly method: "link" | "oidc" | "app" }
  | { readonly method: "password"; readonly passwordHash: string };

export interface SessionAccounts {
  /** By the hash of its secret, with its user; undefined when unknown, or its user is disabled or deleted. */
  find(
    secretHash: string,
  ): Promise<{ readonly session: SessionRecord; readonly user: UserRecord } | undefined>;
  ofUser(userId: string): Promise<readonly SessionRecord[]>;
  /** Signs in. False when the user was disabled or deleted, or the password changed, meanwhile. */
  open(session: NewSession, proof: SignInProof, by: Attribution): Promise<boolean>;
  /** False when the user has no such session. */
  end(id: string, userId: string, by: Attribution): Promise<boolean>;
  /** Not recorded: how often somebody clicks is nobody's business. */
  touch(id: string, at: string): Promise<void>;
}

export interface TokenRecord {
  readonly id: Id<"token">;
  readonly userId: string;
  readonly userName: string;
  readonly name: string;
  readonly project?: string;
  readonly role?: Role;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly lastUsedAt?: string;
}

export interface NewToken extends Omit<TokenRecord, "userName" | "lastUsedAt"> {
  readonly secretHash: string;
}

export interface TokenAccounts {
  /** By the hash of its secret; undefined when unknown or revoked, or its user is disabled or deleted. */
  find(secretHash: string): Promise<{ readonly token: TokenRecord; readonly user: UserRecord } | undefined>;
  /** Not revoked, newest first; of one user or of all. Ends after `limit`. */
  list(query: {
    readonly userId?: string;
    readonly liveAt: string;
    readonly limit: number;
  }): Promise<readonly TokenRecord[]>;
  /**
   * Throws `conflict` when the user has too many. False when the user was disabled or deleted meanwhile; with
   * `signIn`, also when the password changed.
   */
  create(token: NewToken, signIn: SignInProof | undefined, by: Attribution): Promise<boolean>;
  /** False when there is no such token (of this user, when one is named). */
  revoke(id: string, userId: string | undefined, at: string, by: Attribution): Promise<boolean>;
  touch(id: string, at: string): Promise<void>;
}

export interface LinkRecord {
  readonly id: Id<"link">;
  readonly secretHash: string;
  readonly userId: string;
  readonly createdAt: string;
  readonly expiresAt: string;
}

export interface LinkAccounts {
  /** Makes a link; the user's older unused ones stop working. False when the user is disabled or deleted. */
  create(link: LinkRecord, by: Attribution): Promise<boolean>;
  /** Whose link this is while it works; looking does not use it up. */
  find(secretHash: string, at: string): Promise<UserRecord | undefined>;
  /** Uses the link up and signs in, in one transaction: of two uses at once exactly one is true. */
  take(
    link: { readonly secretHash: string; readonly at: string },
    opens: { readonly session: NewSession } | { readonly token: NewToken },
    by: Attribution,
  ): Promise<boolean>;
}

/** A user let an app act for it: what the app fetches its token with, once. */
export interface AppCode {
  readonly userId: string;
  readonly project: string;
  readonly app: string;
  /** SHA-256 of the secret that the app kept to itself, in base64url (RFC 7636, S256). */
  readonly challenge: string;
}

export interface AppCodeAccounts {
  /** False when the user is disabled or deleted. The user's older codes for the app stop working. */
  create(
    code: AppCode & { readonly secretHash: string; readonly expiresAt: string },
    by: Attribution,
  ): Promise<boolean>;
  /** Gives it and removes it, whatever the caller makes of it: of two takers one gets it. */
  take(secretHash: string, at: string): Promise<(AppCode & { readonly user: UserRecord }) | undefined>;
}

export interface RefusedSignIn {
  readonly userName: string;
  readonly method: SignInMethod;
  readonly detail?: JsonObject;
}
