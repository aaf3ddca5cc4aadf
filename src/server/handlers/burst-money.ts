import type { HandlersFor } from "../handler.ts";
import type { Services } from "../services.ts";

/** Offers, the ledger and budgets. */
export function burstMoneyHandlers({
  burstMoney: money,
}: Services): HandlersFor<
  | "offer.create"
  | "offer.list"
  | "offer.show"
  | "offer.accept"
  | "ledger.balance"
  | "ledger.entries"
  | "ledger.export"
  | "invoice.show"
  | "invoice.refund"
  | "budget.set"
> {
  return {
    "offer.create": async ({ params, body, by }) => await money.offer(params.project, body, by),
    "offer.list": async ({ params, query }) => ({ items: [...(await money.offers(params.project, query))] }),
    "offer.show": async ({ params }) => await money.show(params.project, params.offer),
    "offer.accept": async ({ params, body, by }) =>
      await money.accept(params.project, params.offer, body, by),
    "ledger.balance": async ({ params, query }) => await money.balance(params.project, query.month),
    "ledger.entries": async ({ params, query }) => ({
      items: [...(await money.entries(params.project, query))],
    }),
    "ledger.export": async ({ params, query }) => await money.usage(params.project, query),
    "invoice.show": async ({ params }) => await money.invoice(params.project, params.job),
    "invoice.refund": async ({ params, body, by }) =>
      await money.refund(params.project, params.job, body, by),
    "budget.set": async ({ params, body, by }) => await money.setBudget(params.project, body, by),
  };
}
