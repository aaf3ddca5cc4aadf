import type { z } from "zod";
import type { Me, passwordChangeSchema, sessionSchema } from "#api/accounts.ts";
import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import { isoTime } from "#lib/clock.ts";
import type { UserRecord } from "#store/accounts.ts";
import type { AuthParts } from "./parts.ts";
import type { Principal } from "./principal.ts";
import { allowedAttempt, attributes, type SignInFrom } from "./sign-in-from.ts";
import { wholeUser } from "./whole-user.ts";

export type Session = z.infer<typeof sessionSchema>;

/** What people do about their own account. A token with a scope does none of it: `forbidden`. */
export interface OwnAccount {
  /** Ends the session, or revokes the token, that the caller came with. */
  signOut(principal: Principal, by: Attribution): Promise<void>;
  /**
   * Ends the user's other sessions and unused links; API tokens go on. A session that came by a one-time link sets
   * the first password, and in its first minutes replaces a forgotten one; all others give the current one.
   * Throws `forbidden` when there is none to give, `sign-in-failed`, `too-many-requests`, `busy`.
   */
  changePassword(
    principal: Principal,
    change: z.infer<typeof passwordChangeSchema>,
    from: SignInFrom,
  ): Promise<void>;
  sessions(principal: Principal): Promise<readonly Session[]>;
  /** Throws `not-found`. */
  endSession(principal: Principal, id: string, by: Attribution): Promise<void>;
}

export function ownAccount(parts: AuthParts): OwnAccount {
  const { accounts, clock, authenticator, limits } = parts;
  return {
    signOut: async (principal, by) => {
      const { via, credentialId, userId } = principal;
      if (credentialId === undefined || userId === undefined) return;
      if (via === "session") await accounts.sessions.end(credentialId, userId, by);
      else await accounts.tokens.revoke(credentialId, userId, isoTime(clock.now()), by);
      authenticator.forget();
    },
    changePassword: (principal, change, from) => changePassword(parts, principal, change, from),
    sessions: async (principal) => {
      if (principal.via === "local") return [];
      const now = clock.now();
      const found = await accounts.sessions.ofUser(wholeUser(principal).userId);
      return found
        .map((session) => {
          const idleEnd = Date.parse(session.lastSeenAt) + limits.sessionIdleMs;
          const ends = Math.min(Date.parse(session.expiresAt), idleEnd);
          const { userId: _, byLink: __, ...shown } = session;
          return { ...shown, current: session.id === principal.credentialId, expiresAt: isoTime(ends) };
        })
        .filter((session) => Date.parse(session.expiresAt) > now);
    },
    endSession: async (principal, id, by) => {
      const done = await accounts.sessions.end(id, wholeUser(principal).userId, by);
      authenticator.forget();
      if (!done) throw new VdcError("not-found", "There is no such session of yours.");
    },
  };
}

/** The answer of `auth.me`. */
export function meOf(principal: Principal): Me {
  return {
    name: principal.userName ?? principal.actor.name,
    title: principal.title,
    via: principal.via,
    owner: principal.owner,
    projects: principal.projects(),
    hasPassword: principal.hasPassword,
    ...(principal.expiresAt === undefined ? {} : { expiresAt: principal.expiresAt }),
  };
}

async function changePassword(
  parts: AuthParts,
  principal: Principal,
  change: z.infer<typeof passwordChangeSchema>,
  from: SignInFrom,
): Promise<void> {
  const { accounts, passwords, authenticator, clock } = parts;
  const { userId, userName } = wholeUser(principal);
  const user = await accounts.users.get(userName);
  if (user === undefined) throw new VdcError("unauthenticated", "The user was deleted meanwhile.");
  if (!(await mayReplace(parts, principal, user))) await checkCurrent(parts, user, change.current, from);
  const done = await accounts.users.setPassword(
    {
      userId,
      before: user.passwordHash,
      after: await passwords.hash(change.password),
      keepSession: principal.via === "session" ? principal.credentialId : undefined,
      at: isoTime(clock.now()),
    },
    { actor: principal.actor, ...attributes(from) },
  );
  authenticator.forget();
  if (!done) throw new VdcError("conflict", "The account was changed meanwhile.");
}

/** Whether the caller may set a password without the current one. */
async function mayReplace(
  { accounts, clock, limits }: AuthParts,
  principal: Principal,
  user: UserRecord,
): Promise<boolean> {
  if (principal.via !== "session") return false;
  const sessions = await accounts.sessions.ofUser(user.id);
  const session = sessions.find(({ id }) => id === principal.credentialId);
  // Who came through a provider and could set a password would stay in when the provider lets go of them.
  if (session?.byLink !== true) return false;
  if (user.passwordHash === undefined) return true;
  return clock.now() - Date.parse(session.createdAt) < limits.passwordResetMs;
}

async function checkCurrent(
  { passwords, refusals, limiter }: AuthParts,
  user: UserRecord,
  current: string | undefined,
  from: SignInFrom,
): Promise<void> {
  if (user.passwordHash === undefined)
    throw new VdcError(
      "forbidden",
      "The first password is set in a session that came by a one-time link; ask an owner for one.",
    );
  // A stolen session must not be a way to guess the password: the same limits as at sign-in.
  const attempt = allowedAttempt(limiter, from, user.name);
  const { matches } = await passwords.verify(current ?? "", user.passwordHash);
  if (!matches) throw await refusals.refuse("password", user.name, from, "wrong current password");
  attempt.succeeded();
}
