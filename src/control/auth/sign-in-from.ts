import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { UserRecord } from "#store/accounts.ts";
import type { SignInLimiter } from "./sign-in-limiter.ts";

/** Where a sign-in comes from. */
export interface SignInFrom {
  readonly address: string;
  readonly userAgent?: string;
  readonly requestId?: string;
}

/** What goes into records of the caller's request. */
export function attributes(from: SignInFrom): { address: string; requestId?: string } {
  return { address: from.address, ...(from.requestId === undefined ? {} : { requestId: from.requestId }) };
}

/** On the account of the user who is just signing in. */
export function userBy(user: Pick<UserRecord, "id" | "name">, from: SignInFrom): Attribution {
  return { actor: { type: "user", id: user.id, name: user.name }, ...attributes(from) };
}

/** Counts an attempt; call `succeeded` when it did. Throws `too-many-requests`. */
export function allowedAttempt(
  limiter: SignInLimiter,
  from: SignInFrom,
  userName?: string,
): { succeeded(): void } {
  const attempt = limiter.attempt(from.address, userName);
  if (attempt.allowed) return attempt;
  const retryAfterSeconds = Math.ceil(attempt.retryAfterMs / 1000);
  throw new VdcError(
    "too-many-requests",
    `Too many attempts to sign in; try again in ${retryAfterSeconds} s.`,
    {
      extra: { retryAfterSeconds },
    },
  );
}
