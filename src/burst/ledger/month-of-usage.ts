import { VdcError } from "#api/errors.ts";
import type { ProjectMoney, StoredInvoice } from "#store/burst-ledger-offers.ts";
import type { Transfer } from "#store/burst-ledger.ts";
import type { MoneyRows } from "#store/burst-money.ts";
import { cloudEvents, focusCsv } from "./usage-export.ts";

export type UsageForm = "focus" | "cloudevents";

/** Jobs in one export. */
const maxInvoices = 20_000;
/** Transfers of a job that are looked at for its refunds. */
const maxTransfersOfJob = 1_000;

/** Everything that a project used in a month, in one of the forms. Throws `too-large` past 20,000 jobs. */
export async function monthOfUsage(
  { offers, ledger }: MoneyRows,
  of: { readonly dataCenter: string; readonly project: ProjectMoney; readonly month: string },
  form: UsageForm,
): Promise<string> {
  const { dataCenter, project, month } = of;
  const invoices: StoredInvoice[] = [];
  for (let after = ""; ;) {
    const page = await offers.invoices(project.id, month, after);
    invoices.push(...page);
    const last = page.at(-1);
    if (last === undefined) break;
    if (invoices.length > maxInvoices)
      throw new VdcError("too-large", `The month has more than ${maxInvoices} jobs.`);
    after = last.job;
  }
  const refunds: Transfer[] = [];
  for (const { job } of invoices) {
    const { refunded } = await ledger.jobTotals(job);
    if (refunded === 0n) continue;
    const transfers = await ledger.transfers({ projectId: project.id, job, limit: maxTransfersOfJob });
    refunds.push(...transfers.filter(({ kind }) => kind === "refund"));
  }
  const usage = { dataCenter, project: project.name, month, invoices, refunds };
  return form === "focus" ? focusCsv(usage) : cloudEvents(usage);
}
