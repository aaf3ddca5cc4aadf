import { moneyText } from "#api/money.ts";
import { projectOf } from "#cli/apps/app-target.ts";
import type { Call } from "#cli/declare.ts";
import { print, printRows } from "#cli/output/print.ts";
import { withSession } from "#cli/session.ts";
import { UsageError } from "#cli/usage-error.ts";
import { amountFlag } from "./amount-flag.ts";
import { wordOf } from "./offer.ts";
import { invoiceReceipt } from "./receipt.ts";

const listed = 50;

/** `vdc ledger list`. */
export async function ledgerList(call: Call): Promise<void> {
  const limit = call.flags.whole("limit", 1) ?? listed;
  const job = call.flags.text("job");
  await withSession(call, async ({ client }) => {
    const { items } = await client.call(client.routes["ledger.entries"], {
      params: { project: projectOf(call) },
      query: { limit, ...(job === undefined ? {} : { job }) },
      signal: call.io.signal,
    });
    const rows = items.map((entry) => [
      entry.at,
      entry.kind,
      moneyText(entry.amount, entry.currency),
      entry.debit,
      entry.credit,
      entry.job ?? "",
      entry.text,
    ]);
    const headers = ["AT", "KIND", "AMOUNT", "DEBIT", "CREDIT", "JOB", "TEXT"];
    await printRows(call, { items }, { headers, rows }, "no transfers");
  });
}

/** `vdc ledger export`: to stdout, as the other side reads it. */
export async function ledgerExport(call: Call): Promise<void> {
  const month = call.flags.text("month");
  const form = call.flags.oneOf("form", ["focus", "cloudevents"] as const) ?? "focus";
  await withSession(call, async ({ client }) => {
    const text = await client.call(client.routes["ledger.export"], {
      params: { project: projectOf(call) },
      query: { form, ...(month === undefined ? {} : { month }) },
      signal: call.io.signal,
    });
    call.io.stdout(text);
  });
}

/** `vdc ledger invoice JOB`. */
export async function ledgerInvoice(call: Call): Promise<void> {
  const job = wordOf(call, "id of a job");
  await withSession(call, async ({ client }) => {
    const params = { project: projectOf(call), job };
    const invoice = await client.call(client.routes["invoice.show"], { params, signal: call.io.signal });
    await print(call, invoice, () => invoiceReceipt(invoice));
  });
}

/** `vdc ledger refund JOB --reason TEXT`. */
export async function ledgerRefund(call: Call): Promise<void> {
  const job = wordOf(call, "id of a job");
  const reason = call.flags.text("reason");
  if (reason === undefined) throw new UsageError("--reason is missing: the project reads it");
  const amount = amountFlag(call, "amount");
  const id = call.flags.text("id");
  await withSession(call, async ({ client, ports }) => {
    const invoice = await client.call(client.routes["invoice.refund"], {
      params: { project: projectOf(call), job },
      body: {
        id: id ?? Buffer.from(ports.random.bytes(10)).toString("hex"),
        reason,
        ...(amount === undefined ? {} : { amount: amount.toString() }),
      },
      signal: call.io.signal,
    });
    await print(call, invoice, () => invoiceReceipt(invoice));
  });
}
