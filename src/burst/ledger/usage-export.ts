import { decimalOfAmount } from "#api/money.ts";
import type { Transfer } from "#store/burst-ledger.ts";
import type { StoredInvoice } from "#store/burst-ledger-offers.ts";

/** A month of a project's usage. */
export interface MonthOfUsage {
  readonly dataCenter: string;
  readonly project: string;
  /** As 2026-11. */
  readonly month: string;
  readonly invoices: readonly StoredInvoice[];
  readonly refunds: readonly Transfer[];
}

const dayMs = 86_400_000;

/** Columns of FOCUS 1.2 (FinOps Open Cost and Usage Specification) that say something here. */
const focusColumns = [
  "BillingAccountId",
  "BillingCurrency",
  "BillingPeriodStart",
  "BillingPeriodEnd",
  "ChargeCategory",
  "ChargeClass",
  "ChargeDescription",
  "ChargeFrequency",
  "ChargePeriodStart",
  "ChargePeriodEnd",
  "BilledCost",
  "EffectiveCost",
  "ContractedCost",
  "ListCost",
  "ConsumedQuantity",
  "ConsumedUnit",
  "ProviderName",
  "PublisherName",
  "InvoiceIssuerName",
  "ResourceId",
  "ResourceName",
  "ServiceCategory",
  "ServiceName",
] as const;

type FocusRow = Partial<Record<(typeof focusColumns)[number], string>>;

/** One row for each line of an invoice and for each refund. */
export function focusCsv(usage: MonthOfUsage): string {
  const rows = [
    ...usage.invoices.flatMap((invoice) =>
      invoice.object.lines.map((line) =>
        focusRow(usage, {
          at: invoice.settledAt,
          job: invoice.job,
          title: invoice.object.title,
          currency: invoice.object.currency,
          amount: line.amount,
          row: {
            ChargeCategory: "Usage",
            ChargeDescription: `${line.stage}: ${line.tasks} tasks of ${invoice.object.title}`,
            ConsumedQuantity: String(line.cost / 1000),
            ConsumedUnit: "Core Seconds",
          },
        }),
      ),
    ),
    ...usage.refunds.map(({ at, job, currency, amount, text }) =>
      focusRow(usage, {
        at,
        job,
        title: text,
        currency,
        amount: (-amount).toString(),
        row: { ChargeCategory: "Credit", ChargeClass: "Correction", ChargeDescription: text },
      }),
    ),
  ];
  const lines = rows.map((row) => focusColumns.map((column) => csvCell(row[column] ?? "")).join(","));
  return [focusColumns.join(","), ...lines].map((line) => `${line}\r\n`).join("");
}

function focusRow(
  { dataCenter, project, month }: MonthOfUsage,
  charge: {
    readonly at: string;
    readonly job: string;
    readonly title: string;
    readonly currency: string;
    readonly amount: string;
    readonly row: FocusRow;
  },
): FocusRow {
  const { at, job, title, currency, amount, row } = charge;
  const cost = decimalOfAmount(amount);
  const day = `${at.slice(0, 10)}T00:00:00Z`;
  return {
    BillingAccountId: project,
    BillingCurrency: currency,
    BillingPeriodStart: `${month}-01T00:00:00Z`,
    BillingPeriodEnd: `${nextMonth(month)}-01T00:00:00Z`,
    ChargeFrequency: "Usage-Based",
    ChargePeriodStart: day,
    ChargePeriodEnd: new Date(Date.parse(day) + dayMs).toISOString().replace(".000", ""),
    BilledCost: cost,
    EffectiveCost: cost,
    ContractedCost: cost,
    ListCost: cost,
    ProviderName: dataCenter,
    PublisherName: dataCenter,
    InvoiceIssuerName: dataCenter,
    ResourceId: job,
    ResourceName: title,
    ServiceCategory: "Compute",
    ServiceName: "Burst",
    ...row,
  };
}

function nextMonth(month: string): string {
  const [year = 0, number = 0] = month.split("-").map(Number);
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, "0")}`;
}

/** RFC 4180. A text that a spreadsheet would take for a formula is made harmless; a negative number is none. */
function csvCell(text: string): string {
  const harmless = /^[=+@\t\r]|^-(?![\d.]+$)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** CloudEvents 1.0, one JSON document a line. `source` and `id` together name a record for ever: who has seen it drops it. */
export function cloudEvents({ project, invoices, refunds }: MonthOfUsage): string {
  const envelope = (at: string) => ({
    specversion: "1.0",
    source: `/projects/${project}/burst`,
    subject: project,
    time: at,
    datacontenttype: "application/json",
  });
  const used = invoices.flatMap(({ job, settledAt, object: { lines, currency } }) =>
    lines.map(({ stage, tasks, cost, amount }) => ({
      ...envelope(settledAt),
      id: `${job}/${stage}`,
      type: "vdc.burst.usage",
      data: { job, stage, tasks, coreMilliseconds: String(cost), amount: decimalOfAmount(amount), currency },
    })),
  );
  const given = refunds.map(({ id, at, job, amount, currency, text }) => ({
    ...envelope(at),
    id,
    type: "vdc.burst.refund",
    data: { job, amount: decimalOfAmount(amount), currency, reason: text },
  }));
  return [...used, ...given].map((event) => `${JSON.stringify(event)}\n`).join("");
}
