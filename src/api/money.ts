/**
 * Amounts of money: whole numbers of 10⁻¹² of a currency (`amountSchema`), so that sums are exact. People read and write them as decimals; no number of IEEE 754
 * ever stands between the two.
 */
const places = 12;
const unit = 10n ** BigInt(places);
/** Digits that are shown of an amount under one. */
const significant = 3;

/** A decimal that is not negative and exact as an amount: `0.0000131`. */
export const decimalPattern = /^(0|[1-9]\d{0,11})(\.\d{1,12})?$/;

/** Undefined when the text is no such decimal. */
export function amountOfDecimal(text: string): bigint | undefined {
  if (!decimalPattern.test(text)) return undefined;
  const [whole = "0", fraction = ""] = text.split(".");
  return BigInt(whole) * unit + BigInt(fraction.padEnd(places, "0"));
}

/** The exact decimal, with two places at least: `0.00`, `1.50`, `0.000131`. */
export function decimalOfAmount(amount: bigint | string, atLeast = 2): string {
  const value = BigInt(amount);
  const digits = (value < 0n ? -value : value).toString().padStart(places + 1, "0");
  const fraction = digits.slice(-places).replace(/0+$/, "").padEnd(atLeast, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -places)}.${fraction}`;
}

/**
 * An amount for the eye: two decimals from one on, three significant digits below it. Rounded away from zero, so that nobody pays more than they read, a bound is never
 * shown lower than it is, and what is not nothing never looks like it.
 */
export function roundedAmount(amount: bigint | string): bigint {
  const value = BigInt(amount);
  const size = value < 0n ? -value : value;
  const digits = size.toString();
  const kept = digits.length > places ? 2 : Math.max(2, places - digits.length + significant);
  if (kept >= places) return value;
  const step = 10n ** BigInt(places - kept);
  const rounded = ((size + step - 1n) / step) * step;
  return value < 0n ? -rounded : rounded;
}

/** `0.000131 USD`. */
export function moneyText(amount: bigint | string, currency: string): string {
  return `${decimalOfAmount(amount)} ${currency}`;
}
