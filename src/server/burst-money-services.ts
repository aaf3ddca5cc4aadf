import type { Attribution } from "#api/actor.ts";
import type { Balance, Invoice, LedgerEntry, Offer } from "#api/burst.ts";
import type { RouteBody, RouteQuery } from "#api/route.ts";
import type { FixedRoutes } from "#api/routes.ts";

type Body<Id extends keyof FixedRoutes> = RouteBody<FixedRoutes[Id]>;
type Query<Id extends keyof FixedRoutes> = RouteQuery<FixedRoutes[Id]>;

/** Offers, the ledger and budgets. All throw `not-found` for a project, offer or job that is not there. */
export interface BurstMoneyService {
  /** Throws `unavailable` while no worker is connected that the project may use, or its plan is gone; `quota-exceeded` for a plan without burst. */
  offer(project: string, request: Body<"offer.create">, by: Attribution): Promise<Offer>;
  offers(project: string, query: Query<"offer.list">): Promise<readonly Offer[]>;
  show(project: string, offer: string): Promise<Offer>;
  /** Makes the job. `conflict` for other figures or one that is not open, `quota-exceeded` when the budget does not cover it. */
  accept(project: string, offer: string, request: Body<"offer.accept">, by: Attribution): Promise<Offer>;
  balance(project: string, month: string | undefined): Promise<Balance>;
  entries(project: string, query: Query<"ledger.entries">): Promise<readonly LedgerEntry[]>;
  usage(project: string, query: Query<"ledger.export">): Promise<string>;
  invoice(project: string, job: string): Promise<Invoice>;
  refund(project: string, job: string, request: Body<"invoice.refund">, by: Attribution): Promise<Invoice>;
  setBudget(project: string, budget: Body<"budget.set">, by: Attribution): Promise<Balance>;
}
