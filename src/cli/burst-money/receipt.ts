import type { Invoice, Offer } from "#api/burst.ts";
import { decimalOfAmount, moneyText } from "#api/money.ts";
import { harmlessLine } from "#cli/output/harmless.ts";
import { bytesText, countText } from "#cli/output/units.ts";
import { padToCells } from "#cli/output/width.ts";

interface ReceiptLine {
  readonly text: string;
  readonly amount: string;
}

/** An offer as it would be on paper: what it is, the times to compare, what it is made of, and what it costs at most. */
export function offerReceipt(offer: Offer): string {
  const { within, burst, included, needed, currency } = offer;
  const facts = [
    harmlessLine(offer.title),
    `offer ${offer.id}, ${stateText(offer)}`,
    "",
    `Within plan ${offer.plan} (${coresText(included.cores)}, ${bytesText(included.memoryBytes)}):  ${timeText(within.seconds.p50)} to ${timeText(within.seconds.p90)}, free`,
    `With burst (${coresText(needed.cores)}, ${bytesText(needed.memoryBytes)}):  ${timeText(burst.seconds.p50)} to ${timeText(burst.seconds.p90)}`,
    "",
  ];
  const isWhole = offer.bound === burst.price;
  const lines = [
    ...offer.lines.map((line) => ({ text: lineText(line), amount: line.amount })),
    { text: priceText(offer), amount: offer.expected },
    ...(isWhole ? [] : [{ text: "Reserved; it waits when this is used up", amount: offer.bound }]),
  ];
  const notes = [
    "",
    `Never more than ${moneyText(offer.bound, currency)}; about ${moneyText(offer.perMinute, currency)} a minute while it runs.`,
    `The plan's share of ${moneyText(offer.credit, currency)} is taken off already. What fails, or is known from before, costs nothing.`,
    ...(offer.job === undefined ? [] : [`Job ${offer.job}`]),
  ];
  return [...facts, ...columns(lines, currency, offer.lines.length), ...notes]
    .map((line) => `${line}\n`)
    .join("");
}

/** An invoice in the same form, so that both can be held side by side. */
export function invoiceReceipt(invoice: Invoice): string {
  const { currency } = invoice;
  const lines = [
    ...invoice.lines.map((line) => ({ text: lineText(line), amount: line.amount })),
    { text: "Total", amount: invoice.total },
    ...(invoice.refunded === "0" ? [] : [{ text: "Given back", amount: `-${invoice.refunded}` }]),
  ];
  const head = [harmlessLine(invoice.title), `invoice of job ${invoice.job}`, ""];
  const notes =
    invoice.credit === "0" ? [] : ["", `The plan paid ${moneyText(invoice.credit, currency)} besides.`];
  return [...head, ...columns(lines, currency, invoice.lines.length), ...notes]
    .map((line) => `${line}\n`)
    .join("");
}

function lineText({ stage, tasks, cost }: Offer["lines"][number]): string {
  return `${harmlessLine(stage)}: ${countText(tasks, "task")}, ${timeText(cost / 1000)} of a core`;
}

/** Texts left, amounts right with their points below each other, a rule before the sum. */
function columns(lines: readonly ReceiptLine[], currency: string, ruleAt: number): readonly string[] {
  const decimals = lines.map(({ amount }) => decimalOfAmount(amount));
  const places = Math.max(0, ...decimals.map((text) => text.length - text.indexOf(".") - 1));
  const amounts = lines.map(({ amount }) => decimalOfAmount(amount, places));
  const left = Math.max(0, ...lines.map(({ text }) => text.length));
  const right = Math.max(0, ...amounts.map(({ length }) => length));
  const shown = lines.map(
    ({ text }, at) => `  ${padToCells(text, left)}  ${(amounts[at] ?? "").padStart(right)} ${currency}`,
  );
  const rule = `  ${"-".repeat(left + right + 3 + currency.length)}`;
  return [...shown.slice(0, ruleAt), rule, ...shown.slice(ruleAt)];
}

function priceText({ remembered }: Offer): string {
  return remembered === 0 ? "Price" : `Price, without ${countText(remembered, "task")} known from before`;
}

function stateText({ state, validUntil }: Offer): string {
  return state === "open" ? `open until ${validUntil}` : state;
}

function coresText(cores: number): string {
  return `${cores} ${cores === 1 ? "core" : "cores"}`;
}

/** `3 ms`, `0.8 s`, `42 s`, `3 min 5 s`, `2 h 4 min`. */
export function timeText(seconds: number): string {
  if (seconds < 0.1) return `${Math.ceil(seconds * 1_000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.round((whole % 3_600) / 60)} min`;
}
