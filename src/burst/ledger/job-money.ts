import { VdcError } from "#api/errors.ts";
import { moneyText } from "#api/money.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import { assert } from "#lib/assert.ts";
import type { StoredOffer } from "#store/burst-ledger-offers.ts";
import type { MoneyRows } from "#store/burst-money.ts";
import { priceVersion } from "../offers/quote-hash.ts";
import { pricer, termsSchema } from "../pricing/task-price.ts";
import type { Acceptance, AcceptedTerms, JobEnd, JobMoney, MoneyOfJob } from "../scheduler/money.ts";
import { monthOf } from "./month.ts";
import { requirePlan, requireProject } from "./project-money.ts";

/** A job that ends later than this owes nothing: its hold has returned by then. */
const holdMs = 30 * 24 * 3_600_000;

interface Parts {
  /** For reading. */
  readonly rows: MoneyRows;
  readonly clock: Clock;
}

/** Offers and the ledger as the scheduler needs them. Every call is safe to repeat: transfers are named after the job. */
export function createJobMoney(parts: Parts): JobMoney {
  return {
    included: async (name) => {
      const plan = requirePlan(await requireProject(parts.rows.offers, name));
      return { cores: plan.includedCores, currency: plan.currency };
    },
    accept: async (rows, acceptance) => await accept(parts, rows, acceptance),
    price: (terms) => {
      const price = pricer(termsSchema.parse(terms));
      return (task) => price(task).net;
    },
    raise: async (rows, job, bound) => await raise(parts, rows, job, bound),
    settle: async (rows, job, end) => await settle(parts, rows, job, end),
  };
}

async function accept(
  { clock }: Pick<Parts, "clock">,
  { offers, ledger }: MoneyRows,
  acceptance: Acceptance,
): Promise<AcceptedTerms> {
  const project = await requireProject(offers, acceptance.project);
  const offer = await offers.get(acceptance.offer, "lock");
  if (offer?.projectId !== project.id)
    throw new VdcError("not-found", `There is no offer ${acceptance.offer.slice(0, 64)} in this project.`);
  const { figures } = offer;
  const { currency, terms } = figures;
  if (offer.job === acceptance.job) return { bound: offer.bound, currency, terms };
  const at = isoTime(clock.now());
  requireOpen(offer, acceptance, at);
  if (priceVersion(requirePlan(project)) !== figures.prices)
    throw new VdcError("conflict", "The plan's prices have changed since this offer. Ask for a new one.");
  const bound = boundOf(acceptance.bound, figures.burst.price, currency);
  await ledger.hold({
    id: `${acceptance.job}/hold`,
    projectId: project.id,
    month: monthOf(at),
    currency,
    amount: bound,
    job: acceptance.job,
    text: `bound of ${acceptance.title}`,
    at,
    expiresAt: isoTime(clock.now() + holdMs),
  });
  await offers.change(offer.id, { state: "accepted", bound, job: acceptance.job });
  return { bound, currency, terms };
}

function requireOpen(
  { state, validUntil, figures }: StoredOffer,
  { quoteHash, graph }: Acceptance,
  at: string,
): void {
  const refuse = (why: string) => {
    throw new VdcError("conflict", `${why} Ask for a new one.`);
  };
  if (state === "expired" || (state === "open" && validUntil <= at)) refuse("This offer's time is over.");
  if (state !== "open") refuse("This offer was accepted already.");
  if (quoteHash !== figures.quoteHash) refuse("These are not the figures of this offer.");
  if (graph !== figures.graph) refuse("This offer is about another graph.");
}

function boundOf(asked: bigint | undefined, price: string, currency: string): bigint {
  const most = BigInt(price);
  if (asked === undefined) return most;
  if (asked >= 0n && asked <= most) return asked;
  const message = `at most the price of ${moneyText(most, currency)}`;
  throw new VdcError("invalid", `The bound is ${message}.`, { fields: [{ path: "bound", message }] });
}

async function raise(
  { clock }: Pick<Parts, "clock">,
  { offers, ledger }: MoneyRows,
  { job }: MoneyOfJob,
  asked: bigint,
): Promise<void> {
  const offer = await offers.ofJob(job, "lock");
  if (offer === undefined) throw new VdcError("not-found", "The job has no offer.");
  if (offer.state !== "accepted") throw new VdcError("conflict", "The job is paid already.");
  const { currency, burst } = offer.figures;
  const bound = boundOf(asked, burst.price, currency);
  if (bound === offer.bound) return;
  if (bound < offer.bound)
    throw new VdcError("invalid", `The bound is ${moneyText(offer.bound, currency)} already.`);
  const at = isoTime(clock.now());
  await ledger.hold({
    // Named after what it leads to: the same raise asked twice is one.
    id: `${job}/hold/${bound}`,
    projectId: offer.projectId,
    month: monthOf(at),
    currency,
    amount: bound - offer.bound,
    job,
    text: `higher bound of ${offer.figures.title}`,
    at,
    expiresAt: isoTime(clock.now() + holdMs),
  });
  await offers.change(offer.id, { state: "accepted", bound, job });
}

async function settle(
  { clock }: Pick<Parts, "clock">,
  { offers, ledger }: MoneyRows,
  { job }: MoneyOfJob,
  end: JobEnd,
): Promise<void> {
  const offer = await offers.ofJob(job, "lock");
  // A job within the plan has no offer, and one that is settled owes nothing more.
  if (offer?.state !== "accepted") return;
  assert(end.charged <= offer.bound, "no more is charged than was accepted");
  const at = isoTime(clock.now());
  const charged = end.state === "failed" ? 0n : end.charged;
  let owed = charged;
  let month = monthOf(at);
  for (const hold of await ledger.openHolds(job)) {
    const part = owed < hold.amount ? owed : hold.amount;
    const text = `${end.state}: ${offer.figures.title}`;
    if (part > 0n) await ledger.post({ id: `${hold.id}/post`, hold: hold.id, amount: part, text, at });
    else await ledger.void({ id: `${hold.id}/void`, hold: hold.id, text, at });
    if (part > 0n && owed === charged) month = monthOf(hold.at);
    owed -= part;
  }
  // What no hold covers any more, because its time was over, is not owed.
  const total = charged - owed;
  const isOwed = end.state !== "failed" && total === charged;
  const lines = isOwed ? end.stages.map((line) => ({ ...line, amount: line.amount.toString() })) : [];
  const { title, currency } = offer.figures;
  const credit = creditOf(offer, total).toString();
  const object = { job, title, currency, lines, credit, total: total.toString() };
  await offers.putInvoice(offer.projectId, { job, month, settledAt: at, object });
  await offers.change(offer.id, { state: "settled", bound: offer.bound, job });
}

/** The offer's credit for the part of what was expected that is owed: all of it for a whole job. */
function creditOf({ figures }: StoredOffer, total: bigint): bigint {
  const price = BigInt(figures.expected ?? figures.burst.price);
  return price === 0n ? BigInt(figures.credit) : (BigInt(figures.credit) * total) / price;
}
