import { background } from "#lib/background.ts";
import { BoundedCache } from "#lib/bounded.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Accounts, SessionRecord, TokenRecord, UserRecord } from "#store/accounts.ts";
import type { AuthLimits } from "./limits.ts";
import type { MembershipLookup } from "./memberships.ts";
import type { Principal } from "./principal.ts";
import { sessionPrincipal, tokenPrincipal } from "./principals.ts";
import { secretHash } from "./secrets.ts";

export interface PresentedCredentials {
  /** Value of the session cookie. */
  readonly sessionSecret?: string | undefined;
  /** What came as `Authorization: Bearer`. It wins: a caller that names a token means it. */
  readonly bearer?: string | undefined;
  readonly address: string;
}

type Found =
  | { readonly via: "session"; readonly session: SessionRecord; readonly user: UserRecord }
  | { readonly via: "token"; readonly token: TokenRecord; readonly user: UserRecord };

/**
 * Turns secrets into principals. Positive answers are kept for a second, so that a burst of requests asks the
 * store once; `forget` drops them all when this process changed an account.
 *
 * Invariant: an answer from before `forget` is never kept, also not one that was under way.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #cache: BoundedCache<string, Found>;
  readonly #touched: BoundedCache<string, true>;
  #generation = 0;

  constructor(options: AuthenticatorOptions) {
    const { clock, limits } = options;
    const { cacheEntries: maxEntries, cacheTtlMs, touchEveryMs } = limits;
    const monotonic = () => clock.monotonic();
    this.#options = options;
    this.#cache = new BoundedCache({ maxEntries, ttlMs: cacheTtlMs, monotonic });
    this.#touched = new BoundedCache({ maxEntries, ttlMs: touchEveryMs, monotonic });
  }

  /** Undefined for no credentials and for ones that do not work (any more); the two look the same to callers. */
  async authenticate(presented: PresentedCredentials): Promise<Principal | undefined> {
    const { bearer, sessionSecret } = presented;
    if (bearer !== undefined) return this.#byToken(bearer);
    return sessionSecret === undefined ? undefined : this.#bySession(sessionSecret);
  }

  /** Call after every change of an account, before it is acknowledged. */
  forget(): void {
    this.#generation += 1;
    this.#cache.clear();
  }

  async #bySession(secret: string): Promise<Principal | undefined> {
    const { accounts, clock, limits, memberships } = this.#options;
    const hash = secretHash("session", secret);
    if (hash === undefined) return undefined;
    const found = await this.#find(hash, async () => {
      const row = await accounts.sessions.find(hash);
      return row === undefined ? undefined : { via: "session", ...row };
    });
    if (found?.via !== "session") return undefined;
    const { session, user } = found;
    const now = clock.now();
    const ends = Date.parse(session.expiresAt);
    if (now >= ends || now >= Date.parse(session.lastSeenAt) + limits.sessionIdleMs) return undefined;
    this.#touch(session.id, session.lastSeenAt, (at) => accounts.sessions.touch(session.id, at));
    return sessionPrincipal(session, user, isoTime(Math.min(ends, now + limits.sessionIdleMs)), memberships);
  }

  async #byToken(secret: string): Promise<Principal | undefined> {
    const { accounts, clock, memberships } = this.#options;
    const hash = secretHash("token", secret);
    if (hash === undefined) return undefined;
    const found = await this.#find(hash, async () => {
      const row = await accounts.tokens.find(hash);
      return row === undefined ? undefined : { via: "token", ...row };
    });
    if (found?.via !== "token") return undefined;
    const { token, user } = found;
    if (clock.now() >= Date.parse(token.expiresAt)) return undefined;
    this.#touch(token.id, token.lastUsedAt, (at) => accounts.tokens.touch(token.id, at));
    return tokenPrincipal(token, user, memberships);
  }

  async #find(hash: string, look: () => Promise<Found | undefined>): Promise<Found | undefined> {
    const kept = this.#cache.get(hash);
    if (kept !== undefined) return kept;
    const generation = this.#generation;
    const found = await look();
    // What was read while this process changed an account may be from before the change.
    if (found !== undefined && generation === this.#generation) this.#cache.set(hash, found);
    return found;
  }

  /** Writes the last use in the background, once a minute at most. */
  #touch(id: string, lastAt: string | undefined, write: (at: string) => Promise<void>): void {
    const { clock, limits, log } = this.#options;
    const now = clock.now();
    if (lastAt !== undefined && now < Date.parse(lastAt) + limits.touchEveryMs) return;
    if (this.#touched.get(id) !== undefined) return;
    this.#touched.set(id, true);
    background(write(isoTime(now)), "auth.touch", log);
  }
}

interface AuthenticatorOptions {
  readonly accounts: Accounts;
  readonly memberships: MembershipLookup;
  readonly clock: Clock;
  readonly limits: AuthLimits;
  readonly log: Log;
}
