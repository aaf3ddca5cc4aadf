import type { PlanSpec } from "#api/kinds/plan.ts";
import { assert } from "#lib/assert.ts";
import type { BurstOffers, StoredInvoice, StoredOffer } from "#store/burst-ledger-offers.ts";
import type { MoneyStore } from "#store/burst-money.ts";
import { LedgerModel } from "#store/model/burst-ledger.ts";

/** Money in memory, with one project that has one plan: for histories by the thousand. A transaction that throws must not have written. */
export function createMoneyModel(plan: PlanSpec): MoneyStore {
  const rows = { ledger: new LedgerModel(), offers: offersModel(plan) };
  return {
    rows,
    transact: async (_by, work) => await work(rows, { audit: () => undefined, event: () => undefined }),
  };
}

export const modelProject = { id: "res_shop", name: "shop", planName: "sample" };

function offersModel(plan: PlanSpec): BurstOffers {
  const offers = new Map<string, StoredOffer>();
  const invoices = new Map<string, StoredInvoice>();
  const expired = (now: string) =>
    [...offers.values()].filter(({ state, validUntil }) => state === "open" && validUntil <= now);
  return {
    project: async (name) => (name === modelProject.name ? { ...modelProject, plan } : undefined),
    projectName: async (id) => (id === modelProject.id ? modelProject.name : undefined),
    insert: async ({ createdBy: _, ...offer }) => {
      offers.set(offer.id, { ...offer, state: "open" });
    },
    get: async (id) => offers.get(id),
    ofJob: async (job) => [...offers.values()].find((offer) => offer.job === job),
    list: async ({ limit }) => [...offers.values()].toReversed().slice(0, limit),
    change: async (id, to) => {
      const offer = offers.get(id);
      assert(offer !== undefined, "the offer is there");
      offers.set(id, { ...offer, ...to });
    },
    isDue: async (now) => expired(now).length > 0,
    expire: async (now) => {
      const over = expired(now);
      for (const offer of over) offers.set(offer.id, { ...offer, state: "expired" });
      return over.length;
    },
    forget: async () => 0,
    putInvoice: async (_, invoice) => {
      assert(!invoices.has(invoice.job), "a job has one invoice");
      invoices.set(invoice.job, invoice);
    },
    invoice: async (_, job) => invoices.get(job),
    invoices: async (_, month, after) =>
      [...invoices.values()].filter((one) => one.month === month && one.job > after),
  };
}
