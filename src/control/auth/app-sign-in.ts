import { createHash, timingSafeEqual } from "node:crypto";
import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import { isoTime } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
import type { AppCode } from "#store/accounts.ts";
import type { AuthParts } from "./parts.ts";
import type { Principal } from "./principal.ts";
import { newCredential, secretHash } from "./secrets.ts";
import { allowedAttempt, userBy, type SignInFrom } from "./sign-in-from.ts";
import { createdToken, type CreatedToken } from "./tokens.ts";
import { wholeUser } from "./whole-user.ts";

/**
 * How an app signs its users in: the authorization code flow of RFC 6749 with a proof key (RFC 7636, S256). The app gets a token of the
 * user that works in the app's project alone, never above operator, and ends after `appTokenMs`.
 */
export interface AppSignIn {
  /** The user's leave, as a code that works once. Throws `forbidden` for a scoped token. */
  authorize(principal: Principal, wanted: Omit<AppCode, "userId">, by: Attribution): Promise<string>;
  /** Trades the code and the secret behind its challenge for a token. Throws `sign-in-failed`. */
  token(given: { readonly code: string; readonly verifier: string }, from: SignInFrom): Promise<CreatedToken>;
}

export function appSignIn(parts: AuthParts): AppSignIn {
  const { accounts, clock, random, limits } = parts;
  return {
    authorize: async (principal, wanted, by) => {
      const { userId } = wholeUser(principal);
      const { secret, hash } = newCredential("app", random);
      const expiresAt = isoTime(clock.now() + limits.appCodeMs);
      const code = { ...wanted, userId, secretHash: hash, expiresAt };
      if (await accounts.appCodes.create(code, by)) return secret;
      throw new VdcError("unauthenticated", "The user was disabled or deleted meanwhile.");
    },
    token: async (given, from) => {
      const attempt = allowedAttempt(parts.limiter, from);
      const hash = secretHash("app", given.code);
      const now = clock.now();
      const found = hash === undefined ? undefined : await accounts.appCodes.take(hash, isoTime(now));
      if (found === undefined || !answers(found.challenge, given.verifier))
        throw await parts.refusals.refuse("app", found?.user.name ?? "", from, "no such code");
      const { userId, project, app, user } = found;
      const name = `app-${app}`.slice(0, 63);
      await endOldest(parts, { userId, project, name }, userBy(user, from));
      const { secret, hash: tokenHash } = newCredential("token", random);
      const times = { createdAt: isoTime(now), expiresAt: isoTime(now + limits.appTokenMs) };
      const id = newId("token", clock, random);
      const token = { id, secretHash: tokenHash, userId, name, project, role: "operator", ...times } as const;
      const done = await accounts.tokens.create(token, { method: "app" }, userBy(user, from));
      if (!done) throw await parts.refusals.refuse("app", user.name, from, "disabled meanwhile");
      attempt.succeeded();
      return createdToken({ token, secret }, user.name);
    },
  };
}

/** Whether `challenge` is the S256 challenge of `verifier`. */
function answers(challenge: string, verifier: string): boolean {
  const wanted = Buffer.from(challenge);
  const given = Buffer.from(createHash("sha256").update(verifier).digest("base64url"));
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

async function endOldest(
  { accounts, clock, limits }: AuthParts,
  of: { readonly userId: string; readonly project: string; readonly name: string },
  by: Attribution,
): Promise<void> {
  const at = isoTime(clock.now());
  const live = await accounts.tokens.list({ userId: of.userId, liveAt: at, limit: limits.tokensPerUser });
  const same = live.filter(({ name, project }) => name === of.name && project === of.project);
  for (const old of same.slice(limits.tokensPerApp - 1))
    await accounts.tokens.revoke(old.id, of.userId, at, by);
}
