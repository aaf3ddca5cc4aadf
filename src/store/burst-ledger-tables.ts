import type { ColumnType, Generated } from "kysely";
import type { Invoice, Offer } from "#api/burst.ts";

/** Whole numbers of 10⁻¹² of a currency; PostgreSQL's numeric comes as text. */
type Amount = ColumnType<string, string, string>;
type Balance = ColumnType<string, string | undefined, string>;
type JsonText<T> = ColumnType<T, string, string>;

export interface BurstAccountsTable {
  /** `provider/USD`, or `PROJECT-ID/2026-11/USD`. */
  id: string;
  /** Null for the provider's. The resource's id and not its name: a name can be given again. */
  project_id: string | null;
  currency: string;
  debits_pending: Balance;
  debits_posted: Balance;
  credits_pending: Balance;
  credits_posted: Balance;
}

export interface BurstBudgetsTable {
  project_id: string;
  currency: string;
  amount: Amount;
  alerts_at: JsonText<readonly number[]>;
  /** Month that the next two are about. */
  alerts_month: string;
  /** Percents that were reached, and those of them that an event told. */
  reached: JsonText<readonly number[]>;
  told: JsonText<readonly number[]>;
}

export interface BurstTransfersTable {
  id: string;
  sequence: Generated<number>;
  kind: "hold" | "post" | "void" | "refund";
  project_id: string;
  debit: string;
  credit: string;
  amount: Amount;
  currency: string;
  job: string;
  /** The hold that a post or void ends. */
  ends: string | null;
  expires_at: string | null;
  text: string;
  at: string;
}

/** What an offer says and never changes. */
export type OfferFigures = Omit<
  Offer,
  "id" | "project" | "state" | "bound" | "job" | "remembered" | "expected"
> & {
  /** Offers that are older do not have them: nothing was looked up. */
  readonly remembered?: number;
  readonly expected?: string;
  readonly app?: string | undefined;
  /** The terms by which its tasks are charged (`src/burst/pricing`). */
  readonly terms: {
    readonly currency: string;
    readonly coreSecond: string;
    readonly gibSecond: string;
    readonly credited: string;
    readonly gross: string;
  };
};

export interface BurstOffersTable {
  id: string;
  project_id: string;
  state: Offer["state"];
  figures: JsonText<OfferFigures>;
  bound: Amount;
  valid_until: string;
  job: string | null;
  created_by: string;
}

export interface BurstInvoicesTable {
  job: string;
  project_id: string;
  /** Of the acceptance: the month whose budget paid. */
  month: string;
  settled_at: string;
  object: JsonText<Omit<Invoice, "refunded">>;
}
