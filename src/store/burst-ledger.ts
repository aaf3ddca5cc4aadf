import { VdcError } from "#api/errors.ts";
import { moneyText } from "#api/money.ts";

/**
 * A double-entry ledger with two-phase transfers, as TigerBeetle has them (docs.tigerbeetle.com, "Two-phase transfers"): a **hold** reserves, and is ended once, by a
 * **post** of at most its amount (the rest returns by itself), by a **void**, or by its timeout. Transfers are never changed; a correction is another transfer. The
 * id is chosen by the caller: the same transfer asked twice is made once.
 *
 * Invariants: the debits of all accounts equal the credits; what a project posted in a month and all that it has reserved is at most its budget when something is
 * reserved. Amounts are whole numbers of 10⁻¹² of the currency. Two engines pass one conformance suite: PostgreSQL, and a model in memory.
 */
export interface BurstLedger {
  /** Throws `quota-exceeded` when the budget does not cover it; nothing is needed to reserve nothing. */
  hold(request: HoldRequest): Promise<Transfer>;
  /** Throws `conflict` when the hold ended otherwise, `invalid` for more than it reserves, `not-found`. */
  post(request: EndRequest & { readonly amount: bigint }): Promise<Transfer>;
  void(request: EndRequest): Promise<Transfer>;
  /** Gives back of what a job posted. Throws `conflict` for more than was posted and not given back yet. */
  refund(request: {
    readonly id: string;
    readonly job: string;
    readonly amount: bigint;
    readonly text: string;
    readonly at: string;
  }): Promise<Transfer>;
  /** Voids at most `limit` holds whose time is over; says how many. */
  expire(now: string, limit: number): Promise<number>;
  /** Holds of a job that nothing ended, oldest first. */
  openHolds(job: string): Promise<readonly Transfer[]>;
  jobTotals(job: string): Promise<{ readonly posted: bigint; readonly refunded: bigint }>;
  /** Absent: nothing can be reserved any more. What is reserved stays. */
  setBudget(projectId: string, budget: Budget | undefined): Promise<void>;
  budget(projectId: string): Promise<Budget | undefined>;
  /** Percents of budgets that holds reached first in their month, each given once. */
  takeAlerts(): Promise<readonly BudgetAlert[]>;
  balance(projectId: string, month: string, currency: string): Promise<Balance>;
  /** Newest first. `before`: id of a transfer. */
  transfers(query: TransferQuery): Promise<readonly Transfer[]>;
  /** Sums over all accounts: equal in pairs, always. */
  totals(): Promise<Record<"debitsPending" | "debitsPosted" | "creditsPending" | "creditsPosted", bigint>>;
}

export type BurstTransferKind = "hold" | "post" | "void" | "refund";

export interface Transfer {
  readonly id: string;
  readonly kind: BurstTransferKind;
  readonly projectId: string;
  readonly debit: string;
  readonly credit: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly job: string;
  readonly ends?: string;
  readonly text: string;
  readonly at: string;
}

export interface HoldRequest {
  readonly id: string;
  readonly projectId: string;
  /** As 2026-11: whose budget pays. */
  readonly month: string;
  readonly currency: string;
  readonly amount: bigint;
  readonly job: string;
  readonly text: string;
  readonly at: string;
  readonly expiresAt: string;
}

export interface EndRequest {
  readonly id: string;
  readonly hold: string;
  readonly text: string;
  readonly at: string;
}

export interface Budget {
  readonly currency: string;
  readonly amount: bigint;
  readonly alertsAt: readonly number[];
}

export interface BudgetAlert {
  readonly projectId: string;
  readonly month: string;
  readonly percent: number;
  readonly budget: Budget;
}

export interface Balance {
  /** Of the month, without what was given back. */
  readonly posted: bigint;
  /** Of all months. */
  readonly held: bigint;
}

export interface TransferQuery {
  readonly projectId: string;
  readonly job?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

export function projectAccount(projectId: string, month: string, currency: string): string {
  return `${projectId}/${month}/${currency}`;
}

export function providerAccount(currency: string): string {
  return `provider/${currency}`;
}

/** Throws when a budget does not cover `amount` beside what is `used` of it. */
export function requireCover(
  budget: Budget | undefined,
  { amount, currency }: Pick<HoldRequest, "amount" | "currency">,
  used: bigint,
): void {
  if (budget === undefined || budget.currency !== currency) {
    const what =
      budget === undefined ? "no budget" : `a budget in ${budget.currency} and none in ${currency}`;
    throw new VdcError(
      "quota-exceeded",
      `The project has ${what}, so nothing beyond its plan can be bought. An admin of the project sets one: \`vdc budget set\`.`,
      { extra: { remedy: "Set a budget, or run the job within the plan, free and slow." } },
    );
  }
  const left = budget.amount > used ? budget.amount - used : 0n;
  if (amount <= left) return;
  throw new VdcError(
    "quota-exceeded",
    `It would reserve ${moneyText(amount, currency)}, and ${moneyText(left, currency)} of the month's budget of ${moneyText(budget.amount, currency)} is left.`,
    {
      extra: {
        remedy:
          "An admin of the project allows more: `vdc budget set`. What runs gives back what it does not use.",
      },
    },
  );
}

/** Percents of a budget that `used` reaches. */
export function reachedAlerts({ amount, alertsAt }: Budget, used: bigint): readonly number[] {
  if (amount === 0n) return [];
  return alertsAt.filter((percent) => used * 100n >= amount * BigInt(percent));
}

/** Whether a transfer that stands is the one that is asked for; throws `conflict` when its id was used for another. */
export function sameTransfer(
  standing: Transfer | undefined,
  asked: Pick<Transfer, "id" | "kind" | "amount"> & { readonly ends?: string; readonly job?: string },
): standing is Transfer {
  if (standing === undefined) return false;
  const { kind, amount, ends, job = standing.job } = asked;
  if (standing.kind === kind && standing.amount === amount && standing.ends === ends && standing.job === job)
    return true;
  throw new VdcError("conflict", `The transfer ${asked.id} was made already, and was another one.`);
}

export const refusals = {
  noHold: (id: string) => new VdcError("not-found", `There is no hold ${id}.`),
  ended: (id: string) => new VdcError("conflict", `The hold ${id} has ended already.`),
  tooMuch: (id: string) => new VdcError("invalid", `The hold ${id} reserves less than that.`),
  noPost: (job: string) => new VdcError("not-found", `Nothing was charged for the job ${job}.`),
  overRefund: (left: bigint, currency: string) =>
    new VdcError("conflict", `Only ${moneyText(left, currency)} of the charge was not given back yet.`),
} as const;
