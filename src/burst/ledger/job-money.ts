import type { Kysely, Transaction } from "kysely";
import type { Database } from "#store/postgres/schema.ts";
import type { TransactionRecords } from "#store/postgres/writer.ts";
import type { Priced, Terms } from "../pricing/task-price.ts";

/** What somebody accepts. */
export interface AcceptRequest {
  readonly project: string;
  readonly offer: string;
  /** Of the figures that were shown. */
  readonly quoteHash: string;
  /** Graph that the caller wants to run; another than the offer's is refused. */
  readonly graph: string;
  /** At most this, when it is less than the price. */
  readonly bound?: bigint;
  /** Id of the job that is made in the same transaction. */
  readonly job: string;
}

/** What the job has to know of its money. */
export interface Acceptance {
  /** Never more than this is charged. */
  readonly bound: bigint;
  readonly currency: string;
  /** `pricer(terms)(task).net` is what a task costs: for the cover of a lease and for its charge. */
  readonly terms: Terms;
  /** Most tasks at once. */
  readonly workers: number;
  readonly title: string;
}

/**
 * Money as jobs see it. All run inside a transaction of the caller, so that a job and its hold are made together and an end and its posting too. Asking twice for the
 * same does nothing the second time.
 */
export interface JobMoney {
  /**
   * Accepts an offer: reserves its bound. `not-found`; `conflict` when it is not open any more, or the figures, the graph or the plan's prices are others;
   * `quota-exceeded` when the budget does not cover it.
   */
  accept(tx: Transaction<Database>, records: TransactionRecords, request: AcceptRequest): Promise<Acceptance>;
  /** Reserves more for a job, up to its price. `invalid` for less than there is, or more than the price; `quota-exceeded`. */
  raise(
    tx: Transaction<Database>,
    records: TransactionRecords,
    request: { readonly project: string; readonly job: string; readonly bound: bigint },
  ): Promise<void>;
  /**
   * Ends the hold of a job: posts `priced.total`, which is at most the bound, keeps the invoice, and lets the rest return. A failed job owes nothing. A job without an
   * offer has nothing to settle.
   */
  settle(
    tx: Transaction<Database>,
    end: {
      readonly project: string;
      readonly job: string;
      readonly title: string;
      readonly outcome: "succeeded" | "failed" | "cancelled";
      /** `priceGraph(graph, terms, task => it was done and not remembered)`. */
      readonly priced: Priced;
    },
  ): Promise<void>;
  /** Terms of a job's offer: for a leader that loads the job. Undefined when it has none. */
  terms(db: Kysely<Database>, job: string): Promise<Acceptance | undefined>;
}
