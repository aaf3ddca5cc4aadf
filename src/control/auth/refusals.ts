import { systemActor } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Accounts, SignInMethod } from "#store/accounts.ts";
import type { AuthLimits } from "./limits.ts";
import { attributes, type SignInFrom } from "./sign-in-from.ts";

/**
 * Writes refused sign-ins into the audit log, without the secret. Bounded: an audit entry is a durable write,
 * and whoever floods us with wrong passwords must not fill the disk or hold up everybody's writes.
 */
export class Refusals {
  readonly #options: {
    readonly accounts: Accounts;
    readonly clock: Clock;
    readonly limits: AuthLimits;
    readonly log: Log;
  };
  #room: number;
  #at: number;
  #unrecorded = 0;

  constructor(options: {
    readonly accounts: Accounts;
    readonly clock: Clock;
    readonly limits: AuthLimits;
    readonly log: Log;
  }) {
    this.#options = options;
    this.#room = options.limits.refusals.burst;
    this.#at = options.clock.monotonic();
  }

  /** Records and gives the error to throw: always the same text, whatever was wrong. */
  async refuse(method: SignInMethod, userName: string, from: SignInFrom, reason: string): Promise<VdcError> {
    const { accounts, limits, log } = this.#options;
    const typed = userName.slice(0, limits.typedNameCharacters);
    log.info("auth.sign-in.refused", { method, user: typed, address: from.address, reason });
    if (this.#take()) {
      const unrecorded = this.#unrecorded;
      this.#unrecorded = 0;
      const detail = { reason, ...(unrecorded === 0 ? {} : { unrecordedBefore: unrecorded }) };
      const by = { actor: systemActor("auth"), ...attributes(from) };
      await accounts.refused({ userName: typed, method, detail }, by);
    } else this.#unrecorded += 1;
    return new VdcError("sign-in-failed", refusalText[method]);
  }

  #take(): boolean {
    const { clock, limits } = this.#options;
    const { burst, refillMs } = limits.refusals;
    const now = clock.monotonic();
    this.#room = Math.min(burst, this.#room + (now - this.#at) / refillMs);
    this.#at = now;
    if (this.#room < 1) return false;
    this.#room -= 1;
    return true;
  }
}

const refusalText: Readonly<Record<SignInMethod, string>> = {
  app: "This code of an app does not work (any more): each works once, for a minute, for who asked for it.",
  link: "This sign-in link does not work (any more): each works once, for a day.",
  password: "The user name or the password is wrong.",
  oidc: "The sign-in at the provider was not accepted here.",
};
