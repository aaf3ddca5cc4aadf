import {
  projectAccount,
  providerAccount,
  reachedAlerts,
  refusals,
  requireCover,
  sameTransfer,
  type Balance,
  type Budget,
  type BudgetAlert,
  type BurstLedger,
  type EndRequest,
  type HoldRequest,
  type Transfer,
  type TransferQuery,
} from "../burst-ledger.ts";

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
export class LedgerModel implements BurstLedger {
  readonly #accounts = new Map<string, Account>();
  readonly #transfers = new Map<string, Transfer>();
  readonly #ends = new Map<string, Transfer>();
  readonly #expiries = new Map<string, string>();
  readonly #budgets = new Map<string, BudgetState>();

  async hold(request: HoldRequest): Promise<Transfer> {
    const { month, expiresAt, ...made } = request;
    const { id, projectId, currency, amount, job } = made;
    const standing = this.#transfers.get(id);
    if (sameTransfer(standing, { id, kind: "hold", amount, job })) return standing;
    const row = this.#budgets.get(projectId);
    const { posted, held } = await this.balance(projectId, month, currency);
    if (amount > 0n) requireCover(row?.budget, request, posted + held);
    const debit = projectAccount(projectId, month, currency);
    const transfer: Transfer = { ...made, kind: "hold", debit, credit: providerAccount(currency) };
    this.#transfers.set(id, transfer);
    this.#expiries.set(id, expiresAt);
    this.#move(transfer, { pending: amount, posted: 0n });
    if (row !== undefined) this.#reach(projectId, month, row, posted + held + amount);
    return transfer;
  }

  async post(request: EndRequest & { readonly amount: bigint }): Promise<Transfer> {
    return this.#end("post", request, request.amount);
  }

  async void(request: EndRequest): Promise<Transfer> {
    return this.#end("void", request);
  }

  async refund({ id, job, amount, text, at }: Parameters<BurstLedger["refund"]>[0]): Promise<Transfer> {
    const first = this.#ofJob(job).find(({ kind }) => kind === "post");
    if (first === undefined) throw refusals.noPost(job);
    const standing = this.#transfers.get(id);
    if (sameTransfer(standing, { id, kind: "refund", amount, job })) return standing;
    const { posted, refunded } = await this.jobTotals(job);
    if (amount > posted - refunded) throw refusals.overRefund(posted - refunded, first.currency);
    const { ends: _, ...base } = first;
    const back = { ...base, id, kind: "refund" as const, debit: first.credit, credit: first.debit };
    const transfer = { ...back, amount, text, at };
    this.#transfers.set(id, transfer);
    this.#account(first.debit).creditsPosted += amount;
    this.#account(first.credit).debitsPosted += amount;
    return transfer;
  }

  async expire(now: string, limit: number): Promise<number> {
    const over = [...this.#expiries].filter(([id, at]) => at <= now && !this.#ends.has(id)).slice(0, limit);
    for (const [hold] of over)
      this.#end("void", { id: `${hold}/timeout`, hold, text: "its time was over", at: now });
    return over.length;
  }

  async openHolds(job: string): Promise<readonly Transfer[]> {
    return this.#ofJob(job).filter(({ id, kind }) => kind === "hold" && !this.#ends.has(id));
  }

  async jobTotals(job: string): ReturnType<BurstLedger["jobTotals"]> {
    const sum = (of: Transfer["kind"]) =>
      this.#ofJob(job).reduce((total, { kind, amount }) => (kind === of ? total + amount : total), 0n);
    return { posted: sum("post"), refunded: sum("refund") };
  }

  async setBudget(projectId: string, budget: Budget | undefined): Promise<void> {
    if (budget === undefined) this.#budgets.delete(projectId);
    else this.#budgets.set(projectId, { budget, month: "", reached: [], told: [] });
  }

  async budget(projectId: string): Promise<Budget | undefined> {
    return this.#budgets.get(projectId)?.budget;
  }

  async takeAlerts(): Promise<readonly BudgetAlert[]> {
    return [...this.#budgets].flatMap(([projectId, row]) => {
      this.#budgets.set(projectId, { ...row, told: row.reached });
      const news = row.reached.filter((percent) => !row.told.includes(percent));
      return news.map((percent) => ({ projectId, month: row.month, percent, budget: row.budget }));
    });
  }

  async balance(projectId: string, month: string, currency: string): Promise<Balance> {
    const named = projectAccount(projectId, month, currency);
    const balance = { posted: 0n, held: 0n };
    for (const [id, account] of this.#accounts) {
      if (!id.startsWith(`${projectId}/`) || !id.endsWith(`/${currency}`)) continue;
      balance.held += account.debitsPending;
      if (id === named) balance.posted += account.debitsPosted - account.creditsPosted;
    }
    return balance;
  }

  async transfers({ projectId, job, before, limit }: TransferQuery): Promise<readonly Transfer[]> {
    const all = [...this.#transfers.values()].toReversed().filter((one) => one.projectId === projectId);
    const named = all.findIndex(({ id }) => id === before);
    if (before !== undefined && named < 0) return [];
    return all
      .slice(named + 1)
      .filter((one) => job === undefined || one.job === job)
      .slice(0, limit);
  }

  async totals(): ReturnType<BurstLedger["totals"]> {
    const totals = emptyAccount();
    for (const account of this.#accounts.values()) {
      totals.debitsPending += account.debitsPending;
      totals.debitsPosted += account.debitsPosted;
      totals.creditsPending += account.creditsPending;
      totals.creditsPosted += account.creditsPosted;
    }
    return totals;
  }

  #end(kind: "post" | "void", request: EndRequest, amount?: bigint): Transfer {
    const { id, hold, text, at } = request;
    const held = this.#transfers.get(hold);
    if (held?.kind !== "hold") throw refusals.noHold(hold);
    const moved = amount ?? held.amount;
    const standing = this.#transfers.get(id);
    if (sameTransfer(standing, { id, kind, amount: moved, ends: hold })) return standing;
    if (this.#ends.has(hold)) throw refusals.ended(hold);
    if (moved > held.amount || moved < 0n) throw refusals.tooMuch(hold);
    const transfer = { ...held, id, kind, amount: moved, ends: hold, text, at };
    this.#transfers.set(id, transfer);
    this.#ends.set(hold, transfer);
    this.#move(held, { pending: -held.amount, posted: kind === "post" ? moved : 0n });
    return transfer;
  }

  #reach(projectId: string, month: string, row: BudgetState, used: bigint): void {
    const { reached, told } = row.month === month ? row : { reached: [], told: [] };
    const all = [...new Set([...reached, ...reachedAlerts(row.budget, used)])].toSorted((a, b) => a - b);
    if (all.length > reached.length) this.#budgets.set(projectId, { ...row, month, told, reached: all });
  }

  #ofJob(job: string): readonly Transfer[] {
    return [...this.#transfers.values()].filter((transfer) => transfer.job === job);
  }

  #account(id: string): Account {
    const account = this.#accounts.get(id) ?? emptyAccount();
    this.#accounts.set(id, account);
    return account;
  }

  #move({ debit, credit }: Transfer, by: { readonly pending: bigint; readonly posted: bigint }): void {
    this.#account(debit).debitsPending += by.pending;
    this.#account(debit).debitsPosted += by.posted;
    this.#account(credit).creditsPending += by.pending;
    this.#account(credit).creditsPosted += by.posted;
  }
}

function emptyAccount(): Account {
  return { debitsPending: 0n, debitsPosted: 0n, creditsPending: 0n, creditsPosted: 0n };
}
