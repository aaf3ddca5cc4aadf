import type { Attribution } from "#api/actor.ts";
import { VdcError } from "#api/errors.ts";
import { moneyText } from "#api/money.ts";
import { isoTime, type Clock } from "#lib/clock.ts";
import type { MoneyStore } from "#store/burst-money.ts";
import { requirePlan, requireProject } from "./project-money.ts";

interface Parts {
  readonly store: Pick<MoneyStore, "transact">;
  readonly clock: Clock;
}

export interface BudgetRequest {
  /** For a month; null: no burst. */
  readonly amount: string | null;
  readonly currency?: string | undefined;
  readonly alertsAt: readonly number[];
}

/** Sets or removes a budget. One below what is spent already stops what is new, and nothing that runs. */
export async function setBudget(
  { store }: Pick<Parts, "store">,
  name: string,
  request: BudgetRequest,
  by: Attribution,
): Promise<void> {
  await store.transact(by, async ({ offers, ledger }, records) => {
    const project = await requireProject(offers, name);
    const { currency: ofPlan } = requirePlan(project);
    const { amount, currency = ofPlan } = request;
    const alertsAt = [...new Set(request.alertsAt)].toSorted((a, b) => a - b);
    const budget = amount === null ? undefined : { currency, amount: BigInt(amount), alertsAt };
    await ledger.setBudget(project.id, budget);
    const said = budget === undefined ? "none" : `${moneyText(budget.amount, currency)} a month`;
    records.audit({
      verb: "set-budget",
      target: { kind: "project", name, id: project.id },
      outcome: "done",
      detail: { budget: said },
    });
    records.event({
      type: "budget.set",
      severity: "info",
      project: name,
      subject: { kind: "project", name },
      message: `The budget for burst is ${said}.`,
      actor: by.actor,
    });
  });
}

export interface RefundRequest {
  readonly id: string;
  readonly amount?: string | undefined;
  readonly reason: string;
}

/** Gives back what a job cost, or a part. The same id gives once. */
export async function refundJob(
  { store, clock }: Parts,
  name: string,
  { job, id, amount, reason }: RefundRequest & { readonly job: string },
  by: Attribution,
): Promise<void> {
  await store.transact(by, async ({ offers, ledger }, records) => {
    const project = await requireProject(offers, name);
    const invoice = await offers.invoice(project.id, job);
    if (invoice === undefined)
      throw new VdcError("not-found", `There is no invoice of the job ${job.slice(0, 64)}.`);
    const transferId = `${job}/refund/${id}`;
    const given = await ledger.transfers({ projectId: project.id, job, limit: maxTransfersOfJob });
    const before = given.find((transfer) => transfer.id === transferId);
    const { posted, refunded } = await ledger.jobTotals(job);
    const whole = before?.amount ?? posted - refunded;
    const back = amount === undefined ? whole : BigInt(amount);
    if (back === 0n)
      throw new VdcError("conflict", "There is nothing to give back.", {
        extra: { remedy: `\`vdc ledger invoice ${job} -p ${name}\` shows what was owed and given back.` },
      });
    await ledger.refund({ id: transferId, job, amount: back, text: reason, at: isoTime(clock.now()) });
    if (before !== undefined) return;
    const text = moneyText(back, invoice.object.currency);
    records.audit({
      verb: "refund",
      target: { kind: "project", name, id: project.id },
      outcome: "done",
      detail: { job, amount: text, reason },
    });
    records.event({
      type: "burst.refunded",
      severity: "info",
      project: name,
      subject: { kind: "project", name },
      message: `${text} of ${invoice.object.title} was given back: ${reason}`,
      actor: by.actor,
      details: { job },
    });
  });
}

/** Holds, posts and refunds of one job that are looked at. */
const maxTransfersOfJob = 1_000;
