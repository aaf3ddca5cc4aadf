import type { Balance as BalanceView, Invoice, LedgerEntry, Offer } from "#api/burst.ts";
import type { Balance, Budget, Transfer } from "#store/burst-ledger.ts";
import type { ProjectMoney, StoredInvoice, StoredOffer } from "#store/burst-ledger-offers.ts";

/** Rows of the store as the API shows them. */
export function offerView(project: string, offer: StoredOffer, now: string): Offer {
  const { id, figures, bound, job } = offer;
  const { terms: _, app: __, ...shown } = figures;
  // Whoever looks between the end of its time and the next sweep sees it as it is.
  const state = offer.state === "open" && offer.validUntil <= now ? "expired" : offer.state;
  const { remembered = 0, expected = shown.burst.price } = shown;
  const view = { ...shown, remembered, expected, id, project, state, bound: bound.toString() };
  return job === undefined ? view : { ...view, job };
}

export function entryView(project: ProjectMoney, transfer: Transfer): LedgerEntry {
  const { id, at, kind, debit, credit, amount, currency, job, ends, text } = transfer;
  const named = (account: string) => account.replace(project.id, project.name);
  const accounts = { debit: named(debit), credit: named(credit) };
  const entry = { id, at, kind, ...accounts, amount: amount.toString(), currency, job, text };
  return ends === undefined ? entry : { ...entry, hold: ends };
}

export function balanceView(
  { name, planName }: ProjectMoney,
  month: string,
  currency: string,
  { balance, budget }: { readonly balance: Balance; readonly budget: Budget | undefined },
): BalanceView {
  return {
    project: name,
    currency,
    plan: planName,
    month,
    posted: balance.posted.toString(),
    held: balance.held.toString(),
    ...(budget === undefined ? {} : { budget: budget.amount.toString() }),
    alertsAt: [...(budget?.alertsAt ?? [])],
  };
}

export function invoiceView({ object }: StoredInvoice, refunded: bigint): Invoice {
  return { ...object, refunded: refunded.toString() };
}
