import type { z } from "zod";
import type { createdTokenSchema, newTokenSchema, Token } from "#api/accounts.ts";
import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import { isoTime } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
import type { NewToken, TokenRecord } from "#store/accounts.ts";
import type { AuthParts } from "./parts.ts";
import type { Principal } from "./principal.ts";
import { newCredential } from "./secrets.ts";
import { wholeUser } from "./whole-user.ts";

export type CreatedToken = z.infer<typeof createdTokenSchema>;

export interface OwnTokens {
  /** The caller's own; all of them when `all` and the caller is an owner (else `forbidden`). Newest first. */
  list(principal: Principal, all: boolean): Promise<readonly Token[]>;
  /**
   * Throws `forbidden` for a scoped token; `conflict` when there are too many. One that the local caller makes is the oldest owner's, and has to be limited to a project and a
   * role: it is for programs, and nobody becomes a person by it.
   */
  create(
    principal: Principal,
    wanted: z.infer<typeof newTokenSchema>,
    by: Attribution,
  ): Promise<CreatedToken>;
  /** One's own, or any as an owner; a scoped token revokes itself only. Throws `not-found`. */
  revoke(principal: Principal, id: string, by: Attribution): Promise<void>;
}

export function ownTokens(parts: AuthParts): OwnTokens {
  const { accounts, clock, random, limits, authenticator } = parts;
  return {
    list: async (principal, all) => {
      if (all && !principal.owner)
        throw new VdcError("forbidden", "Only an owner of the data center sees everybody's tokens.");
      if (principal.via === "local" && !all) return [];
      const user = all ? {} : { userId: wholeUser(principal).userId };
      const query = { ...user, liveAt: isoTime(clock.now()), limit: limits.tokensListed };
      return (await accounts.tokens.list(query)).map(shownToken);
    },
    create: async (principal, wanted, by) => {
      const isLocal = principal.via === "local" && wanted.project !== undefined && wanted.role !== undefined;
      const { userId, userName } = isLocal ? await oldestOwner(accounts) : wholeUser(principal);
      const now = clock.now();
      const live = { userId, liveAt: isoTime(now), limit: limits.tokensPerUser };
      // Advisory: some at the same moment may pass together.
      if ((await accounts.tokens.list(live)).length >= limits.tokensPerUser)
        throw new VdcError("conflict", `You have ${limits.tokensPerUser} tokens already; revoke some first.`);
      const { secret, hash } = newCredential("token", random);
      const token = {
        id: newId("token", clock, random),
        secretHash: hash,
        userId,
        name: wanted.name,
        ...(wanted.project === undefined ? {} : { project: wanted.project }),
        ...(wanted.role === undefined ? {} : { role: wanted.role }),
        createdAt: isoTime(now),
        expiresAt: isoTime(now + wanted.expiresInSeconds * 1000),
      };
      const done = await accounts.tokens.create(token, undefined, by);
      if (!done) throw new VdcError("unauthenticated", "The user was disabled or deleted meanwhile.");
      return createdToken({ token, secret }, userName);
    },
    revoke: async (principal, id, by) => {
      const itself = principal.via === "token" && principal.credentialId === id;
      // A scoped token may end itself: that takes rights away and gives none.
      const ownerOfIt = principal.owner ? undefined : (itself ? principal : wholeUser(principal)).userId;
      const done = await accounts.tokens.revoke(id, ownerOfIt, isoTime(clock.now()), by);
      authenticator.forget();
      if (!done) throw new VdcError("not-found", "There is no such token of yours.");
    },
  };
}

async function oldestOwner({ users }: AuthParts["accounts"]) {
  const owners = (await users.list()).filter(({ owner, disabled }) => owner && !disabled);
  const [oldest] = owners.toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
  if (oldest === undefined) throw new VdcError("conflict", "There is no owner whose token it could be.");
  return { userId: oldest.id, userName: oldest.name };
}

export function createdToken(
  made: { readonly token: NewToken; readonly secret: string },
  userName: string,
): CreatedToken {
  return { token: shownToken({ ...made.token, userName }), secret: made.secret };
}

function shownToken(token: TokenRecord): Token {
  const { id, name, userName, project, role, createdAt, expiresAt, lastUsedAt } = token;
  return {
    id,
    name,
    user: userName,
    createdAt,
    expiresAt,
    ...(project === undefined ? {} : { project }),
    ...(role === undefined ? {} : { role }),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
  };
}
