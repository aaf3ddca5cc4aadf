import {
  projectAccount,
  providerAccount,
  reachedAlerts,
  refusals,
  requireCover,
  sameTransfer,
  type Budget,
  type BurstLedger,
  type EndRequest,
  type Transfer,
} from "./burst-ledger.ts";

interface Account {
  debitsPending: bigint;
  debitsPosted: bigint;
  creditsPending: bigint;
  creditsPosted: bigint;
}

interface BudgetState {
  readonly budget: Budget;
  readonly month: string;
  readonly reached: readonly number[];
  readonly told: readonly number[];
}

/** The ledger in memory: the oracle of the property test, where a hundred thousand histories are short. */
export function createLedgerModel(): BurstLedger {
  const accounts = new Map<string, Account>();
  const transfers = new Map<string, Transfer>();
  const ends = new Map<string, Transfer>();
  const expiries = new Map<string, string>();
  const budgets = new Map<string, BudgetState>();

  const account = (id: string): Account => {
    const found = accounts.get(id) ?? {
      debitsPending: 0n,
      debitsPosted: 0n,
      creditsPending: 0n,
      creditsPosted: 0n,
    };
    accounts.set(id, found);
    return found;
  };
  const move = ({ debit, credit }: Transfer, by: { pending: bigint; posted: bigint }) => {
    account(debit).debitsPending += by.pending;
    account(debit).debitsPosted += by.posted;
    account(credit).creditsPending += by.pending;
    account(credit).creditsPosted += by.posted;
  };
  const totalsOf = (job: string) => {
    const totals = { posted: 0n, refunded: 0n };
    for (const transfer of transfers.values()) {
      if (transfer.job !== job) continue;
      if (transfer.kind === "post") totals.posted += transfer.amount;
      if (transfer.kind === "refund") totals.refunded += transfer.amount;
    }
    return totals;
  };
  const balanceOf = (projectId: string, month: string, currency: string) => {
    const id = projectAccount(projectId, month, currency);
    let [posted, held] = [0n, 0n];
    for (const [name, of] of accounts) {
      if (!name.startsWith(`${projectId}/`) || !name.endsWith(`/${currency}`)) continue;
      held += of.debitsPending;
      if (name === id) posted += of.debitsPosted - of.creditsPosted;
    }
    return { posted, held };
  };
  const end = (kind: "post" | "void", request: EndRequest, amount?: bigint): Transfer => {
    const { id, hold, text, at } = request;
    const held = transfers.get(hold);
    if (held?.kind !== "hold") throw refusals.noHold(hold);
    const moved = amount ?? held.amount;
    const standing = transfers.get(id);
    if (sameTransfer(standing, { id, kind, amount: moved, ends: hold })) return standing;
    if (ends.has(hold)) throw refusals.ended(hold);
    if (moved > held.amount || moved < 0n) throw refusals.tooMuch(hold);
    const transfer = { ...held, id, kind, amount: moved, ends: hold, text, at };
    transfers.set(id, transfer);
    ends.set(hold, transfer);
    move(held, { pending: -held.amount, posted: kind === "post" ? moved : 0n });
    return transfer;
  };

  const writes: Pick<BurstLedger, "hold" | "post" | "void" | "refund" | "expire"> = {
    hold: async (request) => {
      const { id, projectId, month, currency, amount, job, text, at, expiresAt } = request;
      const standing = transfers.get(id);
      if (sameTransfer(standing, { id, kind: "hold", amount, job })) return standing;
      const row = budgets.get(projectId);
      const { posted, held } = balanceOf(projectId, month, currency);
      if (amount > 0n) requireCover(row?.budget, request, posted + held);
      const debit = projectAccount(projectId, month, currency);
      const credit = providerAccount(currency);
      const transfer: Transfer = {
        id,
        kind: "hold",
        projectId,
        debit,
        credit,
        amount,
        currency,
        job,
        text,
        at,
      };
      transfers.set(id, transfer);
      expiries.set(id, expiresAt);
      move(transfer, { pending: amount, posted: 0n });
      if (row === undefined) return transfer;
      const { reached, told } = row.month === month ? row : { reached: [], told: [] };
      const all = [...new Set([...reached, ...reachedAlerts(row.budget, posted + held + amount)])];
      if (all.length > reached.length)
        budgets.set(projectId, { ...row, month, told, reached: all.toSorted((a, b) => a - b) });
      return transfer;
    },
    post: async (request) => end("post", request, request.amount),
    void: async (request) => end("void", request),
    refund: async ({ id, job, amount, text, at }) => {
      const first = [...transfers.values()].find((one) => one.job === job && one.kind === "post");
      if (first === undefined) throw refusals.noPost(job);
      const standing = transfers.get(id);
      if (sameTransfer(standing, { id, kind: "refund", amount, job })) return standing;
      const { posted, refunded } = totalsOf(job);
      if (amount > posted - refunded) throw refusals.overRefund(posted - refunded, first.currency);
      const { ends: _, ...base } = first;
      const back = { ...base, id, kind: "refund" as const, debit: first.credit, credit: first.debit };
      const transfer = { ...back, amount, text, at };
      transfers.set(id, transfer);
      account(first.debit).creditsPosted += amount;
      account(first.credit).debitsPosted += amount;
      return transfer;
    },
    expire: async (now, limit) => {
      const over = [...expiries].filter(([id, at]) => at <= now && !ends.has(id)).slice(0, limit);
      for (const [hold] of over)
        end("void", { id: `${hold}/timeout`, hold, text: "its time was over", at: now });
      return over.length;
    },
  };
  return {
    ...writes,
    openHolds: async (job) =>
      [...transfers.values()].filter((one) => one.job === job && one.kind === "hold" && !ends.has(one.id)),
    jobTotals: async (job) => totalsOf(job),
    setBudget: async (projectId, budget) => {
      if (budget === undefined) budgets.delete(projectId);
      else budgets.set(projectId, { budget, month: "", reached: [], told: [] });
    },
    budget: async (projectId) => budgets.get(projectId)?.budget,
    takeAlerts: async () =>
      [...budgets].flatMap(([projectId, row]) => {
        budgets.set(projectId, { ...row, told: row.reached });
        const news = row.reached.filter((percent) => !row.told.includes(percent));
        return news.map((percent) => ({ projectId, month: row.month, percent, budget: row.budget }));
      }),
    balance: async (projectId, month, currency) => balanceOf(projectId, month, currency),
    transfers: async ({ projectId, job, before, limit }) => {
      const all = [...transfers.values()].toReversed().filter((one) => one.projectId === projectId);
      const from = before === undefined ? 0 : all.findIndex(({ id }) => id === before) + 1;
      return all
        .slice(before !== undefined && from === 0 ? all.length : from)
        .filter((one) => job === undefined || one.job === job)
        .slice(0, limit);
    },
    totals: async () => {
      const totals: Account = { debitsPending: 0n, debitsPosted: 0n, creditsPending: 0n, creditsPosted: 0n };
      for (const of of accounts.values()) {
        totals.debitsPending += of.debitsPending;
        totals.debitsPosted += of.debitsPosted;
        totals.creditsPending += of.creditsPending;
        totals.creditsPosted += of.creditsPosted;
      }
      return totals;
    },
  };
}
