import type { Attribution } from "#api/actor.ts";
import type { Balance, Invoice, LedgerEntry, Offer } from "#api/burst.ts";
import { VdcError } from "#api/errors.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { Random } from "#lib/random.ts";
import type { MoneyStore } from "#store/burst-money.ts";
import type { JobGraph } from "../graph.ts";
import { monthOf } from "../ledger/month.ts";
import { requirePlan, requireProject } from "../ledger/project-money.ts";
import { refundJob, setBudget, type BudgetRequest, type RefundRequest } from "../ledger/changes.ts";
import { monthOfUsage, type UsageForm } from "../ledger/month-of-usage.ts";
import type { FleetPart } from "../pricing/quote.ts";
import { makeOffer } from "./make-offer.ts";
import { balanceView, entryView, invoiceView, offerView } from "./offer-view.ts";

/** What money needs of the rest of burst. */
export interface MoneyPorts {
  /** Throws `not-found` for a graph that was not sent. */
  graph(project: string, hash: string): Promise<JobGraph>;
  /** Tasks of the graph whose results are known now: a job would owe nothing for them. */
  remembered(project: string, graph: JobGraph): Promise<ReadonlySet<number>>;
  /** Slots that jobs of the project could have now. */
  fleet(project: string): readonly FleetPart[];
  /** Makes the job; the scheduler accepts the offer in the same transaction. */
  startJob(
    job: {
      readonly project: string;
      readonly title: string;
      readonly app?: string | undefined;
      readonly graph: string;
      readonly offer: string;
      readonly quoteHash: string;
      readonly bound?: bigint | undefined;
      readonly priority: number;
    },
    by: Attribution,
  ): Promise<void>;
}

export interface MoneyOptions {
  readonly store: MoneyStore;
  readonly ports: MoneyPorts;
  readonly dataCenter: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** Offers, invoices, balances and budgets, as the API gives them. */
export interface BurstMoney {
  offer(
    project: string,
    request: { readonly title: string; readonly app?: string | undefined; readonly graph: string },
    by: Attribution,
  ): Promise<Offer>;
  offers(
    project: string,
    query: { readonly before?: string | undefined; readonly limit: number },
  ): Promise<readonly Offer[]>;
  show(project: string, offer: string): Promise<Offer>;
  accept(
    project: string,
    offer: string,
    request: {
      readonly quoteHash: string;
      readonly bound?: string | undefined;
      readonly priority: number;
    },
    by: Attribution,
  ): Promise<Offer>;
  balance(project: string, month: string | undefined): Promise<Balance>;
  entries(
    project: string,
    query: {
      readonly job?: string | undefined;
      readonly before?: string | undefined;
      readonly limit: number;
    },
  ): Promise<readonly LedgerEntry[]>;
  usage(
    project: string,
    query: { readonly month?: string | undefined; readonly form: UsageForm },
  ): Promise<string>;
  invoice(project: string, job: string): Promise<Invoice>;
  refund(project: string, job: string, request: RefundRequest, by: Attribution): Promise<Invoice>;
  setBudget(project: string, budget: BudgetRequest, by: Attribution): Promise<Balance>;
}

export function createBurstMoney(options: MoneyOptions): BurstMoney {
  const { store, ports, clock } = options;
  const now = () => isoTime(clock.now());
  const { offers, ledger } = store.rows;
  const show = async (project: string, id: string) => await showOffer(options, project, id);
  return {
    offer: async (project, request, by) => await makeOffer(options, project, request, by),
    offers: async (name, query) => {
      const { id } = await requireProject(offers, name);
      return (await offers.list({ projectId: id, ...query })).map((one) => offerView(name, one, now()));
    },
    show,
    accept: async (project, id, { quoteHash, bound, priority }, by) => {
      const { figures } = await requireOffer(options, project, id);
      const { title, app, graph } = figures;
      const most = bound === undefined ? undefined : BigInt(bound);
      const job = { project, title, app, graph, offer: id, quoteHash, bound: most, priority };
      await ports.startJob(job, by);
      return await show(project, id);
    },
    balance: async (project, month) => await readBalance(options, project, month),
    entries: async (name, query) => {
      const project = await requireProject(offers, name);
      const transfers = await ledger.transfers({ projectId: project.id, ...query });
      return transfers.map((transfer) => entryView(project, transfer));
    },
    usage: async (name, { month = monthOf(now()), form }) => {
      const project = await requireProject(offers, name);
      return await monthOfUsage(store.rows, { dataCenter: options.dataCenter, project, month }, form);
    },
    invoice: async (project, job) => await readInvoice(options, project, job),
    refund: async (project, job, request, by) => {
      await refundJob(options, project, { job, ...request }, by);
      return await readInvoice(options, project, job);
    },
    setBudget: async (project, budget, by) => {
      await setBudget(options, project, budget, by);
      return await readBalance(options, project, undefined);
    },
  };
}

async function requireOffer({ store }: MoneyOptions, name: string, id: string) {
  const { offers } = store.rows;
  const project = await requireProject(offers, name);
  const offer = await offers.get(id);
  // An offer of another project is none: its id tells nothing.
  if (offer?.projectId !== project.id)
    throw new VdcError("not-found", `There is no offer ${id.slice(0, 64)} in project ${name}.`);
  return offer;
}

async function showOffer(options: MoneyOptions, project: string, id: string): Promise<Offer> {
  return offerView(project, await requireOffer(options, project, id), isoTime(options.clock.now()));
}

async function readBalance(
  { store, clock }: MoneyOptions,
  name: string,
  month: string | undefined,
): Promise<Balance> {
  const { ledger, offers } = store.rows;
  const project = await requireProject(offers, name);
  const budget = await ledger.budget(project.id);
  const { currency } = requirePlan(project);
  const of = month ?? monthOf(isoTime(clock.now()));
  const balance = await ledger.balance(project.id, of, currency);
  return balanceView(project, of, currency, { balance, budget });
}

async function readInvoice({ store }: MoneyOptions, name: string, job: string): Promise<Invoice> {
  const { offers, ledger } = store.rows;
  const project = await requireProject(offers, name);
  const invoice = await offers.invoice(project.id, job);
  if (invoice === undefined)
    throw new VdcError(
      "not-found",
      `There is no invoice of the job ${job.slice(0, 64)}: it cost nothing, or it has not ended.`,
    );
  const { refunded } = await ledger.jobTotals(job);
  return invoiceView(invoice, refunded);
}
