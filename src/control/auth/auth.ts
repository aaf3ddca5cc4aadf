import type { Attribution } from "#api/actor.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { Accounts } from "#store/accounts.ts";
import { appSignIn, type AppSignIn } from "./app-sign-in.ts";
import { Authenticator, type PresentedCredentials } from "./authenticator.ts";
import { ensureFirstAdministrator } from "./first-administrator.ts";
import { authLimits, type AuthLimits } from "./limits.ts";
import type { MembershipLookup } from "./memberships.ts";
import { oidcSignIn, type OidcSignIn } from "./oidc.ts";
import type { OidcProviderConfig } from "./oidc-config.ts";
import { ownAccount, type OwnAccount } from "./own-account.ts";
import { createPasswords, owaspParameters, type HashParameters } from "./passwords.ts";
import type { AuthParts } from "./parts.ts";
import type { Principal } from "./principal.ts";
import { Refusals } from "./refusals.ts";
import { SignInLimiter } from "./sign-in-limiter.ts";
import { signIn, type SignIn } from "./sign-in.ts";
import { ownTokens, type OwnTokens } from "./tokens.ts";
import { userAdministration, type SignInLink, type UserAdministration } from "./users.ts";

/**
 * Who is calling, and everything that people come in with. Methods that change something take the attribution
 * of the caller; whether the caller may call them at all was decided by `authorize`.
 */
export interface Auth extends SignIn {
  /** Undefined for no credentials and for ones that do not work (any more). */
  authenticate(presented: PresentedCredentials): Promise<Principal | undefined>;
  readonly account: OwnAccount;
  readonly tokens: OwnTokens;
  readonly users: UserAdministration;
  readonly oidc: OidcSignIn;
  readonly apps: AppSignIn;
  /** A one-time link for the first administrator while nobody can sign in as an owner; else undefined. */
  ensureFirstAdministrator(by: Attribution): Promise<SignInLink | undefined>;
  /** Deletes what ended long ago, a bounded number of rows; call it now and then. Says how many went. */
  prune(): Promise<number>;
}

export function createAuth(options: {
  readonly accounts: Accounts;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Base of links, such as `https://vdc.example:7443`; asked each time, because ports are known late. */
  readonly publicUrl: () => string;
  readonly projects: MembershipLookup;
  readonly oidc?: readonly OidcProviderConfig[];
  readonly limits?: AuthLimits;
  /** How passwords are hashed; `owaspParameters` when absent. */
  readonly hashing?: HashParameters;
}): Auth {
  const { accounts, clock, random, log, publicUrl, projects: memberships } = options;
  const limits = options.limits ?? authLimits;
  const monotonic = () => clock.monotonic();
  const { limiterKeys: maxKeys, limiterKeepMs: keepMs } = limits;
  const limiter = new SignInLimiter({
    address: limits.addressAttempts,
    user: limits.userAttempts,
    maxKeys,
    keepMs,
    provenMs: limits.provenMs,
    monotonic,
  });
  const authenticator = new Authenticator({ accounts, memberships, clock, limits, log });
  const refusals = new Refusals({ accounts, clock, limits, log });
  const passwords = createPasswords({ random, limits, parameters: options.hashing ?? owaspParameters });
  const parts: AuthParts = {
    accounts,
    clock,
    random,
    log,
    limits,
    publicUrl,
    memberships,
    authenticator,
    refusals,
    passwords,
    limiter,
  };
  return {
    ...signIn(parts),
    authenticate: (presented) => authenticator.authenticate(presented),
    account: ownAccount(parts),
    tokens: ownTokens(parts),
    users: userAdministration(parts),
    oidc: oidcSignIn(parts, options.oidc ?? []),
    apps: appSignIn(parts),
    ensureFirstAdministrator: (by) => ensureFirstAdministrator(parts, by),
    prune: () => {
      const endedBefore = isoTime(clock.now() - limits.keepEndedMs);
      return accounts.prune({ endedBefore, batch: limits.pruneBatch });
    },
  };
}
