/** Every bound of signing in, with its unit. Passing one is an error that names it, or is said at its place. */
export const authLimits = {
  /** A session ends when it was not used for this long… */
  sessionIdleMs: 12 * 3_600_000,
  /** …and after this in any case. */
  sessionMs: 7 * 24 * 3_600_000,
  linkMs: 24 * 3_600_000,
  /** A user's leave for an app has to be fetched within this; the token that comes of it works so long. */
  appCodeMs: 60_000,
  appTokenMs: 12 * 3_600_000,
  /** Tokens that one app holds for one user: for as many browsers. The oldest ends when one more begins. */
  tokensPerApp: 10,
  /** A session that came by link may replace a forgotten password for this long after the sign-in. */
  passwordResetMs: 15 * 60_000,
  /** Last use is written at most this often. */
  touchEveryMs: 60_000,
  /** How long another process's revocation may go unseen here; this process's own counts at once. */
  cacheTtlMs: 1_000,
  cacheEntries: 10_000,
  /** Password hashes computed at once (19 MiB and one core each; one of libuv's four threads stays free for files), and how many may wait; one more is `busy`. */
  hashesAtOnce: 3,
  hashesWaiting: 64,
  /** Sign-in attempts that fail, for each address: a burst, then one each `refillMs`. */
  addressAttempts: { burst: 10, refillMs: 10_000, lockBaseMs: 10_000, lockMaxMs: 15 * 60_000 },
  /**
   * The same for each user name, softer: it refills faster than one address may try, so that nobody can lock
   * somebody else out from one address, and a flood from many holds a user up for half a minute at most.
   */
  userAttempts: { burst: 20, refillMs: 3_000, lockBaseMs: 3_000, lockMaxMs: 30_000 },
  /** Addresses and user names that the limiter remembers; the least recently used is forgotten first. */
  limiterKeys: 20_000,
  limiterKeepMs: 3_600_000,
  /** From an address where a user came in lately, floods on the user's name from elsewhere do not count. */
  provenMs: 7 * 24 * 3_600_000,
  /** Refused sign-ins in the audit log; more are counted and the count is in the next entry. */
  refusals: { burst: 100, refillMs: 1_000 },
  /** Characters of a typed user name that are kept. */
  typedNameCharacters: 63,
  /** Characters of a browser's name that are kept. */
  userAgentCharacters: 300,
  /** Tokens that one user has at once: fewer than a list shows, so that none can hide behind the others. */
  tokensPerUser: 200,
  tokensListed: 1_000,
  /** Ended sessions, tokens and links are kept this long for whoever looks into them. */
  keepEndedMs: 30 * 24 * 3_600_000,
  pruneBatch: 1_000,
  /** A process that cannot follow memberships for this long grants nothing by them. */
  membershipStaleMs: 30_000,
  membershipWaitMs: 5_000,
  membershipRetryBaseMs: 100,
  membershipRetryMaxMs: 5_000,
  membershipPage: 500,
  /** Sign-ins under way at providers of OpenID Connect; the oldest is dropped when one more begins. */
  oidcSignIns: 1_000,
  oidcSignInMs: 10 * 60_000,
  oidcRequestMs: 10_000,
  /** A provider's metadata is asked for again after this. */
  oidcDiscoveryMs: 3_600_000,
  oidcStarts: { burst: 20, refillMs: 3_000, lockBaseMs: 3_000, lockMaxMs: 60_000 },
} as const;

export type AuthLimits = { readonly [K in keyof typeof authLimits]: Wide<(typeof authLimits)[K]> };

/** Numbers of the same shape: tests and small machines have others. */
type Wide<T> = T extends number ? number : { readonly [K in keyof T]: number };
