import { kinds } from "#api/kinds.ts";
import { systemActor, type Attribution } from "#api/actor.ts";
import { createAuth, type Auth } from "#control/auth/auth.ts";
import { Memberships } from "#control/auth/memberships.ts";
import { authLimits, type AuthLimits } from "#control/auth/limits.ts";
import type { HashParameters } from "#control/auth/passwords.ts";
import type { OidcProviderConfig } from "#control/auth/oidc-config.ts";
import type { SignInFrom } from "#control/auth/sign-in-from.ts";
import type { OpenedSession } from "#control/auth/sign-in.ts";
import { systemClock, type Clock } from "#lib/clock.ts";
import { silentLog, type Log } from "#lib/log.ts";
import { systemRandom } from "#lib/random.ts";
import { createAccounts } from "#store/accounts/create-accounts.ts";
import type { Accounts } from "#store/accounts.ts";
import { openPostgresStore, type PostgresStore } from "#store/postgres/open.ts";
import { createTestDatabase } from "#test/support/database.ts";

/** Auth on a PostgreSQL of its own, with a clock that goes on by itself and by `advance`. */
export interface AuthWorld extends AsyncDisposable {
  readonly store: PostgresStore;
  readonly accounts: Accounts;
  readonly memberships: Memberships;
  readonly auth: Auth;
  readonly from: SignInFrom;
  readonly by: Attribution;
  advance(ms: number): void;
  /** A second control process on the same database. */
  another(other?: { readonly log?: Log; readonly hashing?: HashParameters }): Auth;
  /** A user, signed in by a link; with a password when one is given. */
  signedIn(
    name: string,
    options?: { readonly owner?: boolean; readonly password?: string },
  ): Promise<OpenedSession>;
}

export async function createAuthWorld(
  options: {
    readonly oidc?: readonly OidcProviderConfig[];
    readonly limits?: Partial<AuthLimits>;
    readonly publicUrl?: () => string;
    /** Cheap unless the test is about the cost. */
    readonly hashing?: HashParameters;
  } = {},
): Promise<AuthWorld> {
  await using opening = new AsyncDisposableStack();
  const database = opening.use(await createTestDatabase());
  let aheadMs = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now() + aheadMs,
    monotonic: () => systemClock.monotonic() + aheadMs,
  };
  const world = { clock, random: systemRandom, log: silentLog };
  const store = opening.use(await openPostgresStore({ url: database.url, kinds, ...world }));
  const hashing = options.hashing ?? { memoryKiB: 64, passes: 1, parallelism: 1 };
  const limits = { ...authLimits, ...options.limits };
  const memberships = opening.use(new Memberships({ store, limits, ...world }));
  memberships.start();
  await memberships.seen(0);
  const accounts = createAccounts(store);
  const publicUrl = options.publicUrl ?? (() => "https://vdc.test");
  const another: AuthWorld["another"] = (other = {}) =>
    createAuth({
      ...world,
      accounts,
      publicUrl,
      projects: memberships,
      limits,
      oidc: options.oidc ?? [],
      hashing,
      ...other,
    });
  const auth = another();
  const from: SignInFrom = { address: "192.0.2.1", userAgent: "test browser" };
  const by: Attribution = { actor: systemActor("test") };
  const resources = opening.move();
  return {
    store,
    accounts,
    memberships,
    auth,
    from,
    by,
    another,
    advance: (ms) => {
      aheadMs += ms;
    },
    signedIn: async (name, { owner = false, password } = {}) => {
      await auth.users.create({ name, title: "", owner }, by);
      const { secret } = await auth.users.createLink(name, by);
      const opened = await auth.withLink(secret, from);
      if (password !== undefined) await auth.account.changePassword(opened.principal, { password }, from);
      return opened;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
