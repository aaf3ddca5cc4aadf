import { systemActor } from "#api/actor.ts";
import { isoTime } from "#lib/clock.ts";
import { newId } from "#lib/ids.ts";
import type { UserRecord } from "#store/accounts.ts";
import { freeName } from "./free-name.ts";
import { userNameFrom, type OidcClaims } from "./oidc-claims.ts";
import type { OidcProviderConfig } from "./oidc-config.ts";
import type { AuthParts } from "./parts.ts";
import { attributes, userBy, type SignInFrom } from "./sign-in-from.ts";

export type OidcUser =
  | { readonly kind: "user"; readonly user: UserRecord }
  | { readonly kind: "refused"; readonly reason: string };

/**
 * Whose identity this is. Issuer and subject decide; an e-mail address decides once only, when it is verified,
 * is one user's, and that user has no identity of this issuer yet. Else a new user, where that is wanted.
 */
export async function userOfClaims(
  parts: AuthParts,
  config: OidcProviderConfig,
  claims: OidcClaims,
  from: SignInFrom,
): Promise<OidcUser> {
  const { identities } = parts.accounts;
  const domain = claims.email?.split("@").at(-1)?.toLowerCase();
  const { allowedEmailDomains } = config;
  // Asked at every sign-in: somebody who left the domain is out, also when known here.
  if (allowedEmailDomains !== undefined && (domain === undefined || !allowedEmailDomains.includes(domain)))
    return { kind: "refused", reason: "no verified e-mail address in an allowed domain" };
  const known = await identities.find(claims.issuer, claims.subject);
  if (known !== undefined) {
    if (known.deleted || known.user.disabled) return { kind: "refused", reason: "user deleted or disabled" };
    return { kind: "user", user: known.user };
  }
  const existing = await userByEmail(parts, claims);
  if (existing === undefined && !config.createUsers)
    return { kind: "refused", reason: "unknown, and users are not created" };
  const user = existing ?? (await createUser(parts, claims, from));
  const identity = { issuer: claims.issuer, subject: claims.subject, userId: user.id };
  const added = await identities.add(identity, userBy(user, from));
  return added ? { kind: "user", user } : { kind: "refused", reason: "the identity was taken meanwhile" };
}

async function userByEmail({ accounts }: AuthParts, claims: OidcClaims): Promise<UserRecord | undefined> {
  if (claims.email === undefined) return undefined;
  const user = await accounts.users.byEmail(claims.email);
  if (user === undefined || (await accounts.identities.has(user.id, claims.issuer))) return undefined;
  return user;
}

/** Never an owner: who rules the data center is not for the provider to say. */
async function createUser(
  { accounts, clock, random }: AuthParts,
  claims: OidcClaims,
  from: SignInFrom,
): Promise<UserRecord> {
  const name = await freeName(userNameFrom(claims.preferredName), (tried) => accounts.users.isTaken(tried));
  const user = {
    id: newId("user", clock, random),
    name,
    title: claims.title,
    ...(claims.email === undefined ? {} : { email: claims.email }),
    owner: false,
    createdAt: isoTime(clock.now()),
  };
  return accounts.users.create(user, { actor: systemActor("auth"), ...attributes(from) });
}
