import { VdcError } from "#api/errors.ts";
import { userNameSchema } from "#api/names.ts";
import { background } from "#lib/background.ts";
import { isoTime } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
import type { NewSession, NewToken, SignInProof, UserRecord } from "#store/accounts.ts";
import type { AuthParts } from "./parts.ts";
import type { Principal } from "./principal.ts";
import { sessionPrincipal } from "./principals.ts";
import { newCredential, secretHash } from "./secrets.ts";
import { allowedAttempt, userBy, type SignInFrom } from "./sign-in-from.ts";
import { createdToken, type CreatedToken } from "./tokens.ts";

export interface OpenedSession {
  /** Value for the session cookie; always a new one. */
  readonly secret: string;
  /** Absolute end, ISO 8601 UTC. */
  readonly expiresAt: string;
  readonly principal: Principal;
}

/**
 * Every method throws `sign-in-failed` with a text that does not tell what was wrong, `too-many-requests` with
 * `retryAfterSeconds`, and `busy` when too many passwords are checked already.
 */
export interface SignIn {
  withLink(secret: string, from: SignInFrom): Promise<OpenedSession>;
  withPassword(
    given: { readonly user: string; readonly password: string },
    from: SignInFrom,
  ): Promise<OpenedSession>;
  /** Signs in for an API token instead of a session: by `link`, or by `user` and `password`. */
  forToken(given: TokenSignIn, from: SignInFrom): Promise<CreatedToken>;
}

export interface TokenSignIn {
  readonly link?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly tokenName: string;
  readonly expiresInSeconds: number;
}

export function signIn(parts: AuthParts): SignIn {
  return {
    withLink: (secret, from) =>
      byLink(parts, secret, from, (user) => {
        const { session, secret: sessionSecret } = newSession(parts, user, from);
        return { opens: { session }, answer: () => opened(parts, session, sessionSecret, user) };
      }),
    withPassword: (given, from) =>
      byPassword(parts, given, from, (user, proof) => openSession(parts, user, proof, from)),
    forToken: async (given, from) => {
      const { link, user, password } = given;
      if (link !== undefined) {
        return byLink(parts, link, from, (owner) => {
          const made = newToken(parts, owner, given);
          return { opens: { token: made.token }, answer: () => createdToken(made, owner.name) };
        });
      }
      if (user === undefined || password === undefined) {
        const message = "give a link, or a user with a password";
        throw new VdcError("invalid", `The sign-in is not valid: ${message}.`, {
          fields: [{ path: "link", message }],
        });
      }
      return byPassword(parts, { user, password }, from, async (owner, proof) => {
        const made = newToken(parts, owner, given);
        const done = await parts.accounts.tokens.create(made.token, proof, userBy(owner, from));
        return done ? createdToken(made, owner.name) : undefined;
      });
    },
  };
}

async function byLink<T>(
  parts: AuthParts,
  secret: string,
  from: SignInFrom,
  prepare: (user: UserRecord) => {
    readonly opens: { readonly session: NewSession } | { readonly token: NewToken };
    readonly answer: () => T;
  },
): Promise<T> {
  const { accounts, refusals, clock } = parts;
  const attempt = allowedAttempt(parts.limiter, from);
  const hash = secretHash("link", secret);
  const user = hash === undefined ? undefined : await accounts.links.find(hash, isoTime(clock.now()));
  if (hash === undefined || user === undefined) throw await refusals.refuse("link", "", from, "no such link");
  const { opens, answer } = prepare(user);
  const at = "session" in opens ? opens.session.createdAt : opens.token.createdAt;
  const taken = await accounts.links.take({ secretHash: hash, at }, opens, userBy(user, from));
  if (!taken) throw await refusals.refuse("link", user.name, from, "used meanwhile");
  attempt.succeeded();
  return answer();
}

async function byPassword<T>(
  parts: AuthParts,
  given: { readonly user: string; readonly password: string },
  from: SignInFrom,
  open: (user: UserRecord, proof: SignInProof) => Promise<T | undefined>,
): Promise<T> {
  const { accounts, passwords, refusals, log } = parts;
  const attempt = allowedAttempt(parts.limiter, from, given.user);
  const known = userNameSchema.safeParse(given.user).success
    ? await accounts.users.get(given.user)
    : undefined;
  // Unknown, disabled and without a password: the same work and the same answer as for a wrong password.
  const stored = known === undefined || known.disabled ? undefined : known.passwordHash;
  const { matches, stale } = await passwords.verify(given.password, stored);
  if (!matches || known === undefined || stored === undefined)
    throw await refusals.refuse("password", given.user, from, "wrong user or password");
  const answer = await open(known, { method: "password", passwordHash: stored });
  if (answer === undefined)
    throw await refusals.refuse("password", given.user, from, "disabled or changed meanwhile");
  attempt.succeeded();
  if (stale) background(rehash(parts, known.id, stored, given.password), "auth.password.rehash", log);
  return answer;
}

async function rehash(parts: AuthParts, userId: string, stored: string, password: string): Promise<void> {
  await parts.accounts.users.rehash(userId, stored, await parts.passwords.hash(password));
}

/** Opens a session for somebody whose credentials were checked. Undefined when that no longer holds. */
export async function openSession(
  parts: AuthParts,
  user: UserRecord,
  proof: SignInProof,
  from: SignInFrom,
): Promise<OpenedSession | undefined> {
  const { session, secret } = newSession(parts, user, from);
  const done = await parts.accounts.sessions.open(session, proof, userBy(user, from));
  return done ? opened(parts, session, secret, user) : undefined;
}

function newSession(
  { clock, random, limits }: AuthParts,
  user: UserRecord,
  from: SignInFrom,
): { readonly session: NewSession; readonly secret: string } {
  const now = clock.now();
  // Invariant: every sign-in has a secret of its own; one that was there before is never taken over.
  const { secret, hash } = newCredential("session", random);
  const userAgent = from.userAgent?.slice(0, limits.userAgentCharacters);
  const session = {
    id: newId("session", clock, random),
    secretHash: hash,
    userId: user.id,
    createdAt: isoTime(now),
    expiresAt: isoTime(now + limits.sessionMs),
    address: from.address,
    ...(userAgent === undefined ? {} : { userAgent }),
  };
  return { session, secret };
}

function opened(parts: AuthParts, session: NewSession, secret: string, user: UserRecord): OpenedSession {
  // The user's oldest session may have given way to this one.
  parts.authenticator.forget();
  const idleEnd = isoTime(parts.clock.now() + parts.limits.sessionIdleMs);
  return {
    secret,
    expiresAt: session.expiresAt,
    principal: sessionPrincipal(session, user, idleEnd, parts.memberships),
  };
}

function newToken(
  { clock, random }: AuthParts,
  user: UserRecord,
  given: TokenSignIn,
): { readonly token: NewToken; readonly secret: string } {
  const now = clock.now();
  const { secret, hash } = newCredential("token", random);
  const token = {
    id: newId("token", clock, random),
    secretHash: hash,
    userId: user.id,
    name: given.tokenName,
    createdAt: isoTime(now),
    expiresAt: isoTime(now + given.expiresInSeconds * 1000),
  };
  return { token, secret };
}
