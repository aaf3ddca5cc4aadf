import type { Json } from "#lib/json.ts";
import type { MoneyRows } from "#store/burst-money.ts";
import type { TaskSpec } from "../graph.ts";

/** What the scheduler needs of offers and the ledger. Calls with `rows` (`moneyRowsOn` a transaction) share the commit of what they are about. */
export interface JobMoney {
  /** What a project's plan includes: cores that jobs get for nothing, and its currency. */
  included(project: string): Promise<{ readonly cores: number; readonly currency: string }>;
  /** Takes the offer and places its hold. Throws `not-found`, or `conflict` for one that is not open, expired, or has other figures. */
  accept(rows: MoneyRows, acceptance: Acceptance): Promise<AcceptedTerms>;
  /** The one pricing function, by the terms that were accepted: 10⁻¹² of the currency for each task. */
  price(terms: Json): (task: TaskSpec) => bigint;
  /** A higher bound was agreed to: the hold grows. Throws `conflict` when the budget does not allow it. */
  raise(rows: MoneyRows, job: MoneyOfJob, bound: bigint): Promise<void>;
  /** The job has ended: posts what is owed and gives the rest of the hold back. Called once for each job. */
  settle(rows: MoneyRows, job: MoneyOfJob, end: JobEnd): Promise<void>;
}

export interface Acceptance {
  readonly project: string;
  readonly job: string;
  readonly title: string;
  /** SHA-256 of the graph: the offer must be about this one. */
  readonly graph: string;
  readonly offer: string;
  readonly quoteHash: string;
  /** At most this, when it is less than the offer's price. */
  readonly bound?: bigint | undefined;
  readonly actor: string;
}

export interface AcceptedTerms {
  readonly bound: bigint;
  readonly currency: string;
  /** Kept with the job as it is, and given to `price` again after a restart. */
  readonly terms: Json;
}

export interface MoneyOfJob {
  readonly project: string;
  readonly job: string;
  readonly offer: string;
  readonly terms: Json;
}

export interface JobEnd {
  readonly state: "succeeded" | "failed" | "cancelled";
  /** Sum of the prices of the tasks that were done and not remembered, each once; never above the bound. */
  readonly charged: bigint;
  /** The same by stage: lines of the invoice. */
  readonly stages: readonly {
    readonly stage: string;
    readonly tasks: number;
    readonly cost: number;
    readonly amount: bigint;
  }[];
}
