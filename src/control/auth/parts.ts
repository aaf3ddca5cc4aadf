import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Random } from "#lib/random.ts";
import type { Accounts } from "#store/accounts.ts";
import type { Authenticator } from "./authenticator.ts";
import type { AuthLimits } from "./limits.ts";
import type { MembershipLookup } from "./memberships.ts";
import type { Passwords } from "./passwords.ts";
import type { Refusals } from "./refusals.ts";
import type { SignInLimiter } from "./sign-in-limiter.ts";

/** What the parts of `Auth` share. */
export interface AuthParts {
  readonly accounts: Accounts;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits: AuthLimits;
  readonly publicUrl: () => string;
  readonly memberships: MembershipLookup;
  readonly authenticator: Authenticator;
  readonly refusals: Refusals;
  readonly passwords: Passwords;
  readonly limiter: SignInLimiter;
}
